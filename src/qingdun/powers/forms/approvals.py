from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qingdun.access import approvals
from qingdun.access.approvals.actions import LONGEST
from qingdun.access.core.flow import Reason
from qingdun.access.core.standing import Verdict
from qingdun.access.models import Account, Approval
from qingdun.web.forms import offer


def words(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    """A reason in words."""
    area = forms.Textarea({"rows": 3})
    return forms.CharField(label=label, max_length=LONGEST, required=required, widget=area, help_text=help_text)


class DecisionForm(forms.Form):
    """One person's word. Which of the three it is says the button; the rules are the engine's."""

    prefix = "decide"
    code = forms.ChoiceField(label=_("不同意的理由"), required=False, help_text=_("选“不同意”时必选。"))
    reason = words(_("意见说明"), required=False, help_text=_("退回或不同意时必填，申请人会看到。"))

    def __init__(self, *args: Any, reasons: tuple[Reason, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "code", [("", "—"), *[(one.key, one.title(get_language())) for one in reasons]])

    @property
    def verdict(self) -> str:
        """Which button was pressed."""
        return str(self.data.get("verdict", ""))

    def clean(self) -> None:
        if self.verdict not in set(Verdict):
            raise forms.ValidationError(_("请选择同意、退回修改或不同意。"))

    def decide(self, approval: Approval, by: Account) -> Approval:
        """Say it. A code belongs to a refusal only. Raises what the engine raises."""
        code = self.cleaned_data["code"] if self.verdict == Verdict.REJECT else ""
        return approvals.decide(approval, self.verdict, by=by, reason=self.cleaned_data["reason"], code=code)


class WantedForm(forms.Form):
    prefix = "wanted"
    reason = words(_("还缺什么"), help_text=_("只能要求一次，请一次说全。补正期间计时暂停。"))


class SupplyForm(forms.Form):
    prefix = "supply"
    text = words(_("补正内容"))


class WithdrawForm(forms.Form):
    prefix = "withdraw"
    reason = forms.CharField(label=_("撤回原因"), max_length=200, required=False)


class ExtendForm(forms.Form):
    prefix = "extend"
    days = forms.IntegerField(label=_("延长几个工作日"), min_value=1)
    reason = words(_("延期理由"))

    def __init__(self, *args: Any, approval: Approval, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = approval.here.extend.days if approval.here.extend else 1
        self.fields["days"] = forms.IntegerField(
            label=_("延长几个工作日"), min_value=1, max_value=longest, initial=longest
        )
