"""The form of a device, made from the file of its kind: one field for each setting that kind names."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.operations import shown
from qingdun.operations.models import Block, Enforcer

OWN = ("name", "directions", "capacity", "on", "dry_run")


class EnforcerForm(forms.Form):
    """What every device has, then what its kind asks for. A secret is named, never typed."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=100)
    directions = forms.ChoiceField(label=gettext_lazy("方向"), choices=Block.Direction.choices)
    capacity = forms.IntegerField(label=gettext_lazy("容量"), min_value=1, max_value=10_000_000)
    on = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)
    dry_run = forms.BooleanField(label=gettext_lazy("演练：只记录不下发"), required=False)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200, required=False)

    def __init__(self, *args: Any, kind: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["capacity"].initial = kind.capacity
        for one in kind.fields:
            self.fields[f"set_{one.key}"] = _field(one)
        for one in kind.secrets:
            self.fields[f"set_{one.key}"] = forms.CharField(
                label=_("%s：环境变量名") % shown.named(one),
                max_length=100,
                help_text=_("口令和密钥只放在服务器的环境变量里，这里只写变量名，如 QINGDUN_FW_PASSWORD"),
            )
        self.order_fields(["name", *(name for name in self.fields if name.startswith("set_")), *OWN[1:], "reason"])

    @staticmethod
    def of(enforcer: Enforcer) -> dict[str, Any]:
        """The initial values for editing a device."""
        own = {name: getattr(enforcer, name) for name in OWN}
        return own | {f"set_{key}": value for key, value in enforcer.settings.items()}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for key, words in self.kind.check(self._settings(given)):
            self.add_error(f"set_{key}" if f"set_{key}" in self.fields else None, words)
        return given

    def filled(self, enforcer: Enforcer) -> Enforcer:
        """The device as the form describes it, not saved."""
        for name in OWN:
            setattr(enforcer, name, self.cleaned_data[name])
        enforcer.settings = self._settings(self.cleaned_data)
        return enforcer

    def _settings(self, given: dict[str, Any]) -> dict[str, str]:
        marked = ((name.removeprefix("set_"), value) for name, value in given.items() if name.startswith("set_"))
        return {key: str(value) for key, value in marked if value not in (None, "")}


def _field(one: Any) -> forms.Field:
    """A setting as a form field: a choice where the file names options, else text."""
    label, required = shown.named(one), bool(one.required)
    if one.options:
        choices = [(value, value) for value in one.options]
        if not required:
            choices.insert(0, ("", "—"))
        return forms.ChoiceField(label=label, choices=choices, initial=one.default, required=required)
    note = shown.note(one)
    return forms.CharField(label=label, max_length=300, initial=one.default, required=required, help_text=note)
