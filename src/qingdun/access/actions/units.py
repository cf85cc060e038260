from __future__ import annotations

from django.db import transaction

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Unit


@transaction.atomic
def create_unit(
    code: str, name: str, level: str, parent: Unit | None, *, by: Account | None, short_name: str = ""
) -> Unit:
    """Add a unit below `parent`. `by` None is the platform itself (first start, sample). Raises ValidationError."""
    if by is not None:
        policy.require(by, "inventory.edit", parent or policy.ROOT)
    path = f"{parent.path if parent else policy.ROOT}{code}/"
    unit = Unit(code=code, name=name, short_name=short_name, level=level, parent=parent, path=path)
    unit.full_clean()
    unit.save()
    audit.record(by, "access.create_unit", unit)
    return unit
