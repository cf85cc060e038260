from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qingdun.access.actions.tokens import longest, offered
from qingdun.access.models import Account
from qingdun.access.permissions import all_permissions
from qingdun.web.forms import offer

TERMS = (7, 30, 90, 180, 365)


class TokenForm(forms.Form):
    """What a new token is for, what it may do, how long."""

    name = forms.CharField(
        label=_("用途"), max_length=60, help_text=_("哪个程序、做什么，日后好认，如“台账每日同步”。")
    )
    scope = forms.MultipleChoiceField(
        label=_("权限"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("只选程序用得到的。范围与您的授权相同；您失去哪项，它立即失去哪项。"),
    )
    days = forms.TypedChoiceField(label=_("有效期"), coerce=int, help_text=_("到期自动失效，不能延长，只能新建。"))

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = all_permissions()
        offer(self, "scope", [(key, gettext(names[key])) for key in offered(account)])
        terms = sorted({days for days in TERMS if days < longest()} | {longest()})
        offer(self, "days", [(days, gettext("%d 天") % days) for days in terms])
        self.fields["days"].initial = min(90, longest())


class RevokeForm(forms.Form):
    reason = forms.CharField(label=_("事由"), max_length=200, required=False)
