from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Account, Grant
from qingdun.access.roster import roles
from qingdun.detection.actions.alerts import HANDLE, LONGEST
from qingdun.detection.actions.suppressions import MOST_DAYS
from qingdun.detection.core.judging import NEEDS_WORDS, Act
from qingdun.detection.core.suppressing import LONGEST as LONGEST_TEXT
from qingdun.detection.models import Alert

ACTS = {
    Act.TAKE: _("接手"),
    Act.ASSIGN: _("转交"),
    Act.CONFIRM: _("确认属实"),
    Act.HANDLE: _("已处置"),
    Act.FALSE: _("误报"),
    Act.IGNORE: _("忽略"),
    Act.REOPEN: _("重新打开"),
    Act.NOTE: _("只记录"),
}


class JudgeForm(forms.Form):
    """One step: which, why, and for handing over to whom."""

    act = forms.ChoiceField(label=_("研判"), choices=[(act.value, title) for act, title in ACTS.items()])
    to = forms.ModelChoiceField(label=_("转交给"), queryset=Account.objects.none(), required=False)
    reason = forms.CharField(
        label=_("说明"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("处置、误报、忽略、重新打开须写明理由。"),
    )

    def __init__(self, *args: Any, people: Any, acts: tuple[Act, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["act"].choices = [(act.value, ACTS[act]) for act in acts]  # type: ignore[attr-defined]
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
        if Act.ASSIGN not in acts:
            del self.fields["to"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        act = given.get("act")
        if act in {one.value for one in NEEDS_WORDS} and len(given.get("reason", "").strip()) < 2:
            self.add_error("reason", _("请写明理由"))
        if act == Act.ASSIGN and not given.get("to") and "to" not in self.errors:
            self.add_error("to", _("请选择处理人"))
        return given

    @property
    def chosen(self) -> dict[str, Any]:
        """What an action takes."""
        given = self.cleaned_data
        act = Act(given["act"])
        return {"act": act, "reason": given["reason"], "to": given.get("to") if act is Act.ASSIGN else None}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=LONGEST, widget=forms.Textarea({"rows": 3}))


def people_for(alert: Alert | None) -> Any:
    """Accounts that judge alerts there, or anywhere: by the grants in force; the action asks the policy once more."""
    keys = [key for key, role in roles().items() if HANDLE in role.may]
    held = Grant.objects.in_force(timezone.localdate()).filter(role__in=keys)
    if alert is not None:
        above = _beginnings(alert.unit.path) if alert.unit else []
        held = held.filter(Q(unit__path__in=above) | Q(unit__parent=None))
    found = Account.objects.filter(pk__in=held.values("account"), is_active=True)
    return found.select_related("person").order_by("person__name", "pk")


def on_duty(alert: Alert) -> list[Account]:
    """Those of them who may judge this alert now."""
    return [account for account in people_for(alert) if policy.may(account, HANDLE, alert)]


def _beginnings(path: str) -> list[str]:
    """`/city/edu/` → `/city/`, `/city/edu/`."""
    parts = path.strip("/").split("/")
    return [f"/{'/'.join(parts[: n + 1])}/" for n in range(len(parts))]


class SuppressionForm(forms.Form):
    """A filter document with what it takes to be held to account for it."""

    title = forms.CharField(label=_("名称"), max_length=200, required=False, help_text=_("不填则取文档的 title。"))
    text = forms.CharField(
        label=_("过滤文档"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"class": "document", "spellcheck": "false", "wrap": "off"}),
        help_text=_(
            "Sigma 过滤文档（YAML）：logsource、filter.rules、条件；写 rules: any 则对这一日志源的全部规则起作用。"
        ),
    )
    reason = forms.CharField(label=_("理由"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))
    until = forms.DateField(label=_("有效至"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    days = forms.IntegerField(
        label=_("回放天数"), min_value=1, max_value=MOST_DAYS, help_text=_("用最近这么多天的日志量出效果。")
    )
