from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Account, Person, Unit
from qingdun.powers.forms.shared import Day, UnitChoice, day, why

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


def _units(user: Any, permission: str) -> Any:
    return Unit.objects.filter(policy.scope(user, permission).q("path"))


class PersonForm(ModelForm):
    """A person entered or corrected. Once entered the unit changes only by a change of job."""

    class Meta:
        model = Person
        fields = ("name", "unit", "post", "phone", "email", "joined")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["joined"].widget = Day()
        if self.instance.pk:
            del self.fields["unit"]
        else:
            self.fields["unit"] = UnitChoice(_units(user, "access.create"), label=_("所在单位"))
            self.fields["joined"].initial = timezone.localdate


class AccountForm(ModelForm):
    """A further account for a person; its first password is issued from its page."""

    class Meta:
        model = Account
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = _("小写字母开头，3 至 40 位字母、数字、点、横线或下划线")

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).lower()


class MoveForm(forms.Form):
    unit = forms.Field()
    post = forms.CharField(label=_("新职务"), max_length=60, required=False)
    reason = why()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"] = UnitChoice(_units(user, "access.create"), label=_("新单位"))


class LeaveForm(forms.Form):
    on = day(_("离任日"))
    reason = why()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate
