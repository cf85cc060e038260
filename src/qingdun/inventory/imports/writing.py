"""Units entered and changed together: a tree cannot be written row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from qingdun.access.models import Unit
from qingdun.inventory.core.tree import paths

Values = Mapping[str, Any]


def enter_units(new: Sequence[Values], changed: Sequence[tuple[Unit, Values]]) -> list[tuple[Unit | None, Unit]]:
    """Enter and change units; the paths of all that hangs below a moved one follow. Gives what stood and what stands.

    The caller has asked for the permission over each unit and over the units above it.
    """
    parents = dict(Unit.objects.values_list("code", "parent__code"))
    entered = {given["code"]: given for given in new}
    moved = {before.code: given["parent"] for before, given in changed if "parent" in given}
    places = paths(parents | moved | {code: given["parent"] for code, given in entered.items()})
    standing = {unit.code: unit for unit in Unit.objects.select_for_update()}
    former = {code: copy(unit) for code, unit in standing.items()}
    for code in (code for code in places if code in entered):  # those above first
        unit = Unit(**{**entered[code], "parent": standing[entered[code]["parent"]], "path": places[code]})
        unit.save(force_insert=True)
        standing[code] = unit
    for before, given in changed:
        for name, value in given.items():
            setattr(standing[before.code], name, standing[value] if name == "parent" and value else value)
    for code, unit in standing.items():
        unit.path = places[code]
    touched = [code for code, unit in former.items() if _stored(unit) != _stored(standing[code])]
    fields = ["name", "short_name", "level", "parent", "path"]
    Unit.objects.bulk_update([standing[code] for code in touched], fields, batch_size=100)
    return [(None, standing[code]) for code in entered] + [(former[code], standing[code]) for code in touched]


def _stored(unit: Unit) -> list[object]:
    return [getattr(unit, field.attname) for field in Unit._meta.concrete_fields]
