"""Units entered and changed together: a tree is written from the top, each unit by the act a clerk would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from django.utils import timezone

from qingdun import audit
from qingdun.access.actions import create_unit, move_unit, rename_unit
from qingdun.access.models import Unit
from qingdun.history.actions import record
from qingdun.inventory.core.tree import paths

Values = Mapping[str, Any]
REASON = "导入表格"


def enter_units(new: Sequence[Values], changed: Sequence[tuple[Unit, Values]], *, by: Any) -> None:
    """Create, rename and move units, those above first. Raises PermissionDenied, ValidationError."""
    entered = {given["code"]: given for given in new}
    edited = {before.code: (before, given) for before, given in changed}
    parents = dict(Unit.objects.values_list("code", "parent__code"))
    moved = {code: given["parent"] for code, (_before, given) in edited.items() if "parent" in given}
    places = paths(parents | moved | {code: given["parent"] for code, given in entered.items()})
    for code in places:
        if code in entered:
            given = entered[code]
            short = given.get("short_name", "")
            create_unit(code, given["name"], given["level"], _unit(given["parent"]), by=by, short_name=short)
        elif code in edited:
            _change(*edited[code], by)


def _change(before: Unit, given: Values, by: Any) -> None:
    today = timezone.localdate()
    name, short = given.get("name", before.name), given.get("short_name", before.short_name)
    if (name, short) != (before.name, before.short_name):
        rename_unit(before, name, short, by=by, on=today, reason=REASON)
    if given.get("parent") and given["parent"] != (before.parent.code if before.parent else None):
        move_unit(before, _unit(given["parent"]), by=by, on=today, reason=REASON)
    if given.get("level", before.level) != before.level:
        stands = _unit(before.code)
        after = copy(stands)
        after.level = given["level"]
        after.save(update_fields=["level"])
        audit.record(by, "access.rename_unit", after, REASON, changes=record(by, stands, after, REASON))


def _unit(code: str) -> Unit:
    return Unit.objects.select_for_update().get(code=code)
