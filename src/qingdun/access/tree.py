"""The tree of units as it stood on a day, and where a code of a merged unit leads today."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from qingdun.access.models import Unit, UnitPast

if TYPE_CHECKING:
    from qingdun.access.policy import Scope

HOPS = 20  # a unit merged into one that was merged itself, and so on


def units_at(scope: Scope, on: date) -> QuerySet[Unit]:
    """The units that stood inside the scope on that day: its roots by identity, the tree as it was then."""
    if on >= timezone.localdate() or scope.everywhere:
        return Unit.objects.filter(scope.q("path"))
    moved = dict(_standing(on).values_list("unit", "path"))
    if not moved:
        return Unit.objects.filter(scope.q("path"))
    now = dict(Unit.objects.values_list("pk", "path"))
    then = now | moved
    roots = tuple(then[pk] for pk, path in now.items() if path in scope.paths)
    return Unit.objects.filter(pk__in=[pk for pk, path in then.items() if path.startswith(roots)])


def name_at(unit: Unit, on: date) -> str:
    """What the unit was called that day."""
    was = _standing(on).filter(unit=unit).first()
    return str(was.short_name or was.name) if was else str(unit)


def successor(code: str) -> Unit | None:
    """The unit of that code, or the one it was merged into; None for a code nobody ever had."""
    unit = Unit.objects.filter(code=code).first()
    for _hop in range(HOPS):
        if unit is None or unit.merged_into is None:
            return unit
        unit = unit.merged_into
    return unit


def _standing(on: date) -> QuerySet[UnitPast]:
    return UnitPast.objects.filter(Q(since=None) | Q(since__lte=on), until__gt=on)
