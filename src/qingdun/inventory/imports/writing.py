"""Many rows at once: the door of `actions`, in sets. Permit, save, index; `acts` records at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from django.db.models import Model

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.inventory import actions
from qingdun.inventory.core import addresses
from qingdun.inventory.core.tree import paths
from qingdun.inventory.models import Address, Host

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any]
BATCH = 1000


def enter(things: Sequence[M], *, by: Any) -> None:
    """Enter new things of one model. Raises PermissionDenied, IntegrityError when one of them stands already."""
    if not things:
        return
    _permit(by, things)
    _prepare(things)
    type(things[0])._default_manager.bulk_create(things, batch_size=BATCH)
    if isinstance(things[0], Host):
        actions.index(things)  # type: ignore[arg-type]


def change_many(pairs: Sequence[tuple[M, M]], *, by: Any) -> None:
    """Save things of one model that were changed: (what stood, what stands now). Raises as `enter`."""
    if not pairs:
        return
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    _permit(by, [*before, *after])
    _prepare(after)
    model = type(after[0])
    fields = [field.name for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]
    model._default_manager.bulk_create(
        after, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )
    if isinstance(after[0], Host):
        Address.objects.filter(host__in=[thing.pk for thing in after]).delete()
        actions.index(after)  # type: ignore[arg-type]


def _permit(by: Any, things: Sequence[Model]) -> None:
    if by is None:
        return
    held = policy.scope(by, "inventory.edit")
    for thing in {thing.unit_path: thing for thing in things}.values():  # type: ignore[attr-defined]
        if not held.covers(thing.unit_path):  # type: ignore[attr-defined]
            policy.require(by, "inventory.edit", thing)


def _prepare(things: Sequence[Model]) -> None:
    for thing in things:
        if isinstance(thing, Host):
            thing.address_key = addresses.key(str(thing.address))


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
