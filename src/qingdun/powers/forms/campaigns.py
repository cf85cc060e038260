from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from qingdun.powers.forms.shared import day


class CampaignForm(forms.Form):
    due = day(_("截止日"), help_text=_("到这一天还没有确认的授权自行终止"))
