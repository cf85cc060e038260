from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.actions.emergencies import minutes_allowed
from qingdun.access.core.roles import OFFICES, POWER
from qingdun.access.models import Account, Grant, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.powers.forms.shared import AccountName, UnitChoice, day, why
from qingdun.powers.listings.shared import role_options

TERM = timedelta(days=364)


def permission_options(*, power: bool) -> list[tuple[str, str]]:
    """Keys and names of the permissions; without those over accounts, grants and audit unless `power`."""
    found = [(key, __(name)) for key, name in all_permissions().items() if power or not key.startswith(POWER)]
    return sorted(found, key=lambda pair: pair[1])


class RoleForm(forms.Form):
    """Ask for a role: which, where, until when, why. For somebody else only as the head of his unit."""

    role = forms.ChoiceField(label=_("角色"))
    unit = forms.Field()
    ends = day(_("截止日"), help_text=_("到期自行失效，之前可以续期"))
    reason = why(_("申请理由"))

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(label=_("角色"), choices=role_options(officers=False))
        self.fields["unit"] = UnitChoice(
            Unit.objects.all(), label=_("范围"), initial=user.person.unit.code, help_text=_("含其全部下属单位")
        )
        self.fields["ends"].initial = timezone.localdate() + TERM
        if policy.may(user, "access.endorse") or policy.may(user, "access.create"):
            self.fields["account"] = AccountName(label=_("为谁申请"), required=True, initial=user.username)
            self.order_fields(["account"])


class NewcomerForm(forms.Form):
    """An account for somebody who has none."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    username = forms.CharField(
        label=_("账号"), max_length=40, help_text=_("小写字母开头，3 至 40 位字母、数字、点、横线或下划线")
    )
    unit = forms.Field()
    post = forms.CharField(label=_("职务"), max_length=60, required=False)
    reason = why(_("申请理由"))

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitChoice(Unit.objects.all(), label=_("所在单位"), initial=user.person.unit.code)

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).lower()


class RenewForm(forms.Form):
    ends = day(_("续到"))
    reason = why(_("申请理由"))

    def __init__(self, *args: Any, held: Grant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends"].initial = held.ends + TERM


class DelegateForm(forms.Form):
    """What to lend: one of the own grants, or what waits for one's decision."""

    what = forms.ChoiceField(label=_("委托什么"))
    taker = AccountName(label=_("委托给"))
    starts = day(_("开始日"))
    ends = day(_("截止日"))
    reason = why()

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        own = Grant.objects.filter(account=user, delegation=None).exclude(role__in=OFFICES).in_force(today)
        self.held = {str(one.pk): one for one in own.select_related("unit")}
        titles = [(key, f"{one.title}（{one.unit}，{__('到 %s') % one.ends}）") for key, one in self.held.items()]
        self.fields["what"] = forms.ChoiceField(
            label=_("委托什么"), choices=[("", _("待我审核的事项")), *titles], required=False
        )
        self.fields["starts"].initial = today
        self.fields["ends"].initial = today + timedelta(days=7)

    @property
    def grant(self) -> Grant | None:
        return self.held.get(self.cleaned_data["what"])


class EmergencyForm(forms.Form):
    """Ask for one role or permission for minutes."""

    power = forms.ChoiceField(label=_("要做什么"))
    unit = forms.Field()
    minutes = forms.IntegerField(label=_("分钟"), min_value=1)
    reason = why(_("紧急事由"))

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lent = [(key, title) for key, title in role_options(officers=False) if not _of_power(key)]
        groups = [(__("一项权限"), permission_options(power=False)), (__("一个角色"), lent)]
        self.fields["power"] = forms.ChoiceField(label=_("要做什么"), choices=groups)
        self.fields["unit"] = UnitChoice(Unit.objects.all(), label=_("范围"), initial=user.person.unit.code)
        self.fields["minutes"] = forms.IntegerField(
            label=_("分钟"), min_value=1, max_value=minutes_allowed(), initial=min(30, minutes_allowed())
        )


class RefusalForm(forms.Form):
    account = AccountName(label=_("账号"))
    permission = forms.ChoiceField(label=_("权限"))
    unit = forms.Field()
    starts = day(_("生效日"))
    ends = day(_("截止日"), required=False, help_text=_("留空为长期"))
    reason = why()

    def __init__(self, *args: Any, user: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permission"] = forms.ChoiceField(label=_("权限"), choices=permission_options(power=True))
        units = Unit.objects.filter(policy.scope(user, "access.grant").q("path"))
        self.fields["unit"] = UnitChoice(units, label=_("范围"))
        self.fields["starts"].initial = timezone.localdate


class AppointForm(forms.Form):
    account = AccountName(label=_("任命谁"))
    office = forms.ChoiceField(label=_("岗位"))
    reason = why(_("申请理由"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [(key, title) for key, title in role_options() if key in OFFICES]
        self.fields["office"] = forms.ChoiceField(label=_("岗位"), choices=options)


class ReviewForm(forms.Form):
    conclusion = forms.CharField(
        label=_("复盘结论"), max_length=400, min_length=2, widget=forms.Textarea(attrs={"rows": 4})
    )


def _of_power(role: str) -> bool:
    return any(key.startswith(POWER) for key in roles()[role].may)
