from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Unit
from qingdun.history.actions import record


@transaction.atomic
def create_unit(
    code: str,
    name: str,
    level: str,
    parent: Unit | None,
    *,
    by: Account | None,
    short_name: str = "",
    since: date | None = None,
) -> Unit:
    """Add a unit below `parent`. `by` None is the platform itself (first start, sample). Raises ValidationError.

    `since` None: it has been there for as long as anything was registered.
    """
    if by is not None:
        policy.require(by, "inventory.edit", parent or policy.ROOT)
    path = f"{parent.path if parent else policy.ROOT}{code}/"
    if parent and parent.ended:
        raise ValidationError({"parent": _("%s已撤销，不能再有下级") % parent})
    unit = Unit(code=code, name=name, short_name=short_name, level=level, parent=parent, path=path, since=since)
    unit.full_clean()
    unit.save()
    changes = record(by, None, unit)
    audit.record(by, "access.create_unit", unit, changes=changes)
    return unit
