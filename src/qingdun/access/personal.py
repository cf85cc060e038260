"""The one logged way to see what a masked personal value hides; the column itself is `models.personal`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.access.models.personal import PersonalField
from qingdun.lib.personal import Personal

__all__ = ["PersonalField", "field_of", "show"]


def field_of(subject: models.Model | type[models.Model], name: str) -> PersonalField | None:
    """The personal column of that name; None when there is none."""
    found = {field.name: field for field in subject._meta.concrete_fields}.get(name)
    return found if isinstance(found, PersonalField) else None


@transaction.atomic
def show(subject: models.Model, name: str, *, by: Account, reason: str) -> str:
    """What the mask hides, once; who asked and why is on record. Raises ValidationError without a reason."""
    field = field_of(subject, name)
    assert field is not None, f"{name} is no personal column"
    policy.require(by, field.permission, subject)
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("请写明查看的事由")})
    held = getattr(subject, field.attname)
    clear: str = held.open() if isinstance(held, Personal) else ""
    audit.record(by, field.permission, subject, reason.strip(), changes={name: (str(held), str(_("已显示")))})
    return clear
