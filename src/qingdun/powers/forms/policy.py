from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access.core.rules import BOUNDS, Rules
from qingdun.access.models import SigningRules


class RulesForm(forms.Form):
    """Every setting with its bounds beside it; the reason goes on record."""

    def __init__(self, rules: Rules, data: Any = None) -> None:
        initial = {name: getattr(rules, name) for name in Rules.__dataclass_fields__}
        super().__init__(data, initial=initial)
        for name, (low, high) in BOUNDS.items():
            words = _("%(low)d 到 %(high)d，默认 %(default)d") % {
                "low": low,
                "high": high,
                "default": getattr(Rules(), name),
            }
            self.fields[name] = forms.IntegerField(
                label=SigningRules.title(name), min_value=low, max_value=high, help_text=words
            )
        self.fields["one_session"] = forms.BooleanField(
            label=SigningRules.title("one_session"),
            required=False,
            help_text=_("打开后，在一处登录，别处的登录随即退出"),
        )
        self.fields["reason"] = forms.CharField(
            label=gettext_lazy("事由"), max_length=200, help_text=_("依据哪份制度、谁的意见；写入审计记录")
        )

    def rules(self) -> Rules:
        """What a valid form asks for."""
        return Rules(**{name: self.cleaned_data[name] for name in Rules.__dataclass_fields__})
