"""Forms of the register. What may be chosen is limited to what the reader may edit; the rules are in `actions`."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit
from qingdun.access.policy import scope
from qingdun.access.tree import successor
from qingdun.inventory.core.addresses import NotAnAddress, parse_many
from qingdun.inventory.core.stages import WAY, Stage
from qingdun.inventory.listings.systems import LEVELS
from qingdun.inventory.models import (
    STAGES,
    Agent,
    Contact,
    Difference,
    Host,
    Protection,
    SecurityDevice,
    Site,
    System,
    Zone,
    units_open_to,
)
from qingdun.inventory.sourcing import sources
from qingdun.web.forms import offer, offer_rows

if TYPE_CHECKING:  # Django's forms are generic only to the type checker
    ModelForm = forms.ModelForm[Any]
    ModelChoiceField = forms.ModelChoiceField[Unit]
else:
    ModelForm, ModelChoiceField = forms.ModelForm, forms.ModelChoiceField


FIRST = date(2000, 1, 1)  # no register is older


class Day(forms.DateInput):
    """The browser's own picker; it speaks ISO dates only."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class UnitChoice(ModelChoiceField):
    """A unit by its code; the code of a merged unit leads to the one it was merged into."""

    def to_python(self, value: Any) -> Any:
        found = successor(str(value)) if value and not isinstance(value, Unit) else None
        return super().to_python(found.code if found else value)

    def label_from_instance(self, unit: Any) -> str:
        return f"{'　' * (unit.path.count('/') - 2)}{unit}"


class OpenUnit(ModelChoiceField):
    """Any unit, also one that is closed, set in by its place in the tree."""

    def label_from_instance(self, unit: Any) -> str:
        gone = _("（已撤销）") if unit.ended else ""
        return f"{'　' * (unit.path.count('/') - 2)}{unit}{gone}"


class RowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One row of a big table, named by its primary key in the address: never a list of them all."""

    widget = forms.NumberInput


class RegisterForm(ModelForm):
    """A registered thing. `user` decides which units and systems can be chosen."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = Day()
        if "unit" in self.fields:
            units = units_open_to(user, "inventory.edit").filter(ended=None)
            only = self._only(units)
            self.fields["unit"] = UnitChoice(units, to_field_name="code", label=_("归属单位"), initial=only)
        if "operator" in self.fields:
            mine = units_open_to(user).filter(ended=None) | Unit.objects.filter(pk=self.instance.operator_id)
            self.fields["operator"] = UnitChoice(
                mine.distinct(),
                to_field_name="code",
                required=False,
                label=_("运维单位"),
                help_text=self.fields["operator"].help_text,
            )
        if "system" in self.fields:
            editable = System.objects.within(scope(user, "inventory.edit")).filter(retired=None).select_related("unit")
            offer_rows(self, "system", editable, by="code")
        if self.instance.pk:
            self.fields["reason"] = forms.CharField(label=_("事由"), max_length=200, required=False)
            self.fields["mistaken"] = forms.BooleanField(
                label=_("原来填错了（更正，过去的数字随之改变，须写事由）"), required=False
            )
        if self.instance.pk:  # named by code, as everywhere outside the database
            self.initial.update(
                {name: getattr(self.instance, name) for name in ("unit", "system", "operator") if name in self.fields}
            )

    @staticmethod
    def _only(units: Any) -> Any:
        """The unit itself when there is no choice."""
        first = list(units[:2])
        return first[0] if len(first) == 1 else None


class SystemForm(RegisterForm):
    url = forms.URLField(label=_("访问地址"), required=False, assume_scheme="https")

    class Meta:
        model = System
        fields = (
            "name",
            "code",
            "unit",
            "operator",
            "description",
            "contact",
            "mlps_level",
            "internet_since",
            "is_portal",
            "url",
            "provisioned",
            "ready",
            "submitted",
            "passed",
        )
        widgets: ClassVar = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "mlps_level": forms.Select(choices=[("", _("未定级")), *LEVELS]),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provisioned"].initial = timezone.localdate
        if not self.instance.pk:  # a new one goes its way step by step
            for stage in WAY[1:]:
                del self.fields[stage.value]

    def clean(self) -> dict[str, Any]:
        """The days of its stages in their order, none left out."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        days = [(stage.value, given.get(stage.value)) for stage in WAY if stage.value in self.fields]
        for (_earlier, before), (later, after) in pairwise(days):
            if after and not before:
                self.add_error(later, _("前一阶段还没有日期"))
            elif after and before and after < before:
                self.add_error(later, _("早于前一阶段的日期 %s") % before)
        return given


class AddressesField(forms.CharField):
    """Addresses, one a line or separated by commas, as a list."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return parse_many("\n".join(value) if isinstance(value, list) else value or "")
        except NotAnAddress as error:
            raise forms.ValidationError(_("“%(text)s”不是 IP 地址。"), params={"text": error.text}) from None


class HostForm(RegisterForm):
    further = AddressesField(label=_("其他地址"), required=False, help_text=_("公网地址、IPv6 地址等，一行一个"))

    class Meta:
        model = Host
        fields = (
            "name",
            "zone",
            "address",
            "further",
            "operating_system",
            "system",
            "unit",
            "agent_since",
            "registered",
        )

    def clean_agent_since(self) -> Any:
        """Without an agent there is nothing that was last seen."""
        since = self.cleaned_data["agent_since"]
        if since is None:
            self.instance.agent_last_seen = None
        return since


class SiteForm(RegisterForm):
    url = forms.URLField(label=_("首页地址"), assume_scheme="https")

    class Meta:
        model = Site
        fields = ("domain", "url", "system", "waf_since", "filing_number", "registered")


class DeviceForm(RegisterForm):
    class Meta:
        model = SecurityDevice
        fields = (
            "name",
            "kind",
            "vendor",
            "model",
            "zone",
            "address",
            "unit",
            "version",
            "rules_version",
            "rules_date",
            "registered",
        )


class AgentForm(RegisterForm):
    """`host` is chosen among those the reader may edit by their number, which the host's own page gives along."""

    class Meta:
        model = Agent
        fields = ("host", "product", "version", "registered")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["host"] = RowChoice(Host.objects.within(scope(user, "inventory.edit")), label=_("主机"))


class ProtectionForm(RegisterForm):
    class Meta:
        model = Protection
        fields = ("site", "device", "registered")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        offer_rows(self, "site", Site.objects.within(scope(user, "inventory.edit")).filter(retired=None))
        offer_rows(self, "device", SecurityDevice.objects.filter(kind=SecurityDevice.Kind.WAF, retired=None))


class ContactForm(RegisterForm):
    class Meta:
        model = Contact
        fields = ("name", "duty", "unit", "system", "position", "phone", "email", "registered")


class UnitForm(ModelForm):
    """A new unit below one the reader may edit."""

    class Meta:
        model = Unit
        fields = ("name", "short_name", "code", "level", "parent")  # the names `create_unit` takes

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"] = UnitChoice(
            units_open_to(user, "inventory.edit").filter(ended=None), to_field_name="code", label=_("上级单位")
        )
        self.fields["code"].help_text = _("小写字母、数字和横线，登记后不再变")


class RenameForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=100)
    short_name = forms.CharField(label=_("简称"), max_length=40, required=False)
    on = forms.DateField(label=_("生效日期"), widget=Day, initial=timezone.localdate)
    reason = forms.CharField(label=_("事由"), max_length=200, help_text=_("例如机构改革文件的文号"))


class MoveForm(forms.Form):
    """Under another parent. `unit` is the one that moves: neither it nor what is below it can be chosen."""

    on = forms.DateField(label=_("生效日期"), widget=Day, initial=timezone.localdate)
    reason = forms.CharField(label=_("事由"), max_length=200, help_text=_("例如机构改革文件的文号"))
    field_order = ("parent", "into", "on", "reason")
    choose, words = "parent", _("新的上级单位")

    def __init__(self, *args: Any, user: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_open_to(user, "inventory.restructure").filter(ended=None)
        units = units.exclude(path__startswith=unit.path)
        self.fields[self.choose] = UnitChoice(units, to_field_name="code", label=self.words)
        self.order_fields(self.field_order)


class MergeForm(MoveForm):
    choose, words = "into", _("并入的单位")


class SnapshotForm(forms.Form):
    """A list of one of the known sources, as the platform it comes from exports it."""

    source = forms.ChoiceField(label=_("来源"), widget=forms.RadioSelect)
    file = forms.FileField(label=_("清单文件"), help_text=_("Excel 或 CSV，第一行附近要有列名"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "source", [(key, one.title(get_language())) for key, one in sources().items()])


class AcceptForm(forms.Form):
    """A machine that is not registered needs an owner and a zone; everything else is known."""

    def __init__(self, *args: Any, user: Any, difference: Difference, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if difference.kind == "unregistered":
            units = units_open_to(user, "inventory.edit").filter(ended=None)
            known = difference.unit.code if difference.unit else None
            self.fields["unit"] = UnitChoice(units, to_field_name="code", label=_("归属单位"), initial=known)
            self.fields["zone"] = forms.ChoiceField(label=_("网络区域"), choices=Zone.choices)


class ExplainForm(forms.Form):
    reason = forms.CharField(label=_("事由"), max_length=200)
    until = forms.DateField(label=_("说明有效至"), widget=Day)


class OnForm(forms.Form):
    on = forms.DateField(label=_("日期"), widget=Day)

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if not FIRST <= on <= timezone.localdate():
            raise forms.ValidationError(_("请填写 %(first)s 至今天之间的日期"), params={"first": FIRST})
        return on


class CoverageForm(OnForm):
    """A day and, where wanted, a unit, closed ones included: they had figures of their own."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate
        self.fields["unit"] = OpenUnit(
            units_open_to(user), to_field_name="code", label=_("单位"), required=False, empty_label=_("看得到的全部")
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("事由"), max_length=200)


class RetireForm(ReasonForm):
    on = forms.DateField(label=_("停用日期"), widget=Day, initial=timezone.localdate)
    field_order = ("on", "reason")


class StageForm(forms.Form):
    """The next stage, or back to an earlier one."""

    stage = forms.ChoiceField(label=_("阶段"), widget=forms.RadioSelect)
    on = forms.DateField(label=_("日期"), widget=Day, initial=timezone.localdate)
    reason = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, system: System, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = WAY.index(Stage(system.stage))
        open_to = [stage for place, stage in enumerate(WAY) if place <= here + 1 and place != here]
        offer(self, "stage", [(stage.value, dict(STAGES)[stage]) for stage in reversed(open_to)])
        if WAY.index(open_to[-1]) > here:  # a step back is never the suggestion
            self.fields["stage"].initial = open_to[-1].value


class RemoveForm(ReasonForm):
    """Deleting asks for the name to be typed."""

    typed = forms.CharField(label=_("请照写名称"), max_length=200)
    field_order = ("typed", "reason")

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].help_text = name

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self.name:
            raise forms.ValidationError(_("与名称不一致"))
        return typed
