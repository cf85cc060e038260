from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from qingdun.powers.forms.shared import AccountName, why
from qingdun.powers.listings.identities import titles


class IdentityForm(forms.Form):
    account = AccountName(label=_("账号"))
    door = forms.ChoiceField(label=_("外部登录"), choices=titles)
    external_id = forms.CharField(
        label=_("外部身份标识"),
        max_length=200,
        help_text=_("对方系统里这个人的唯一标识，一字不差；不要用邮箱、姓名这类会变或会重的"),
    )
    reason = why()


class LostFactorForm(forms.Form):
    account = AccountName(label=_("账号"))
    reason = why(help_text=_("怎么丢的，怎样确认是本人"))
