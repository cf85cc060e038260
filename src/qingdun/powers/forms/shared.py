from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account, Unit

if TYPE_CHECKING:  # Django's forms are generic only to the type checker
    UnitField = forms.ModelChoiceField[Unit]
    AccountField = forms.ModelChoiceField[Account]
else:
    UnitField = AccountField = forms.ModelChoiceField


class Day(forms.DateInput):
    """The browser's own picker; it speaks ISO dates only."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class UnitChoice(UnitField):
    """A unit by its code, deeper ones set in."""

    def __init__(self, units: Any, **more: Any) -> None:
        super().__init__(units, to_field_name="code", **more)

    def label_from_instance(self, unit: Any) -> str:
        return f"{'　' * (unit.path.count('/') - 2)}{unit}"


class AccountName(forms.CharField):
    """An account, typed by its name: a register of everybody is not for everybody's eyes."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=40, help_text=_("对方的登录账号"), **more)

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        found = Account.objects.filter(username=name.lower(), is_active=True).select_related("person__unit").first()
        if found is None:
            raise forms.ValidationError(_("没有在用的账号 %(name)s。"), params={"name": name})
        return found


REASON = _("事由")


def why(label: Any = REASON, **more: Any) -> forms.CharField:
    """A reason, always asked for: it stands in the audit."""
    return forms.CharField(label=label, max_length=200, min_length=2, widget=forms.Textarea(attrs={"rows": 2}), **more)


def day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=Day(), **more)


class ReasonForm(forms.Form):
    reason = why()
