"""个人信息: a column for phones and mail addresses that reads masked wherever it goes (see `access.personal.show`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy

from qingdun.lib.personal import Kind, NotPersonal, Personal

if TYPE_CHECKING:  # Django's fields are generic only to the type checker
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField

WRONG = {
    "phone": gettext_lazy("“%s”不是电话号码，请写成 0591-87654321 或 13800000000 这样"),
    "email": gettext_lazy("“%s”不是邮箱地址"),
    "text": gettext_lazy("“%s”太长"),
}


class PersonalField(TextField):
    """Sealed in the database, masked in Python (`lib.personal.Personal`). `permission`: who may see behind the mask.

    The model's manager must have `visible_to(user)`. A form shows the mask; left as it is, the value stays.
    """

    def __init__(self, *args: Any, kind: Kind = "phone", permission: str = "", **kwargs: Any) -> None:
        self.kind: Kind = kind
        self.permission = permission
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "kind": self.kind, "permission": self.permission}

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return Personal.stored(value) if value else value

    def to_python(self, value: Any) -> Any:
        if not value or isinstance(value, Personal):
            return value
        try:
            return Personal.seal(str(value), self.kind)
        except NotPersonal as error:
            raise ValidationError(str(WRONG[self.kind]) % error) from None

    def get_prep_value(self, value: Any) -> Any:
        value = self.to_python(value)
        return value.column if isinstance(value, Personal) else value

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """What comes back as the mask was not touched."""
        held = getattr(instance, self.attname)
        if not (isinstance(held, Personal) and data == str(held)):
            setattr(instance, self.attname, data)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": forms.TextInput, "max_length": 200, **kwargs})
