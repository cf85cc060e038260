"""Attacks of a batch into their table: hits add up, first and last widen; one statement for all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection

from qingdun.access.models import Unit
from qingdun.detection.core.found import AttackRow
from qingdun.detection.models import Attack
from qingdun.inventory.models import Host, System

_TABLE = Attack._meta.db_table
_KEY = 'hour, source, target, attack, "action"'
_UPSERT = (
    f'INSERT INTO {_TABLE} ({_KEY}, host_id, system_id, unit_id, hits, "first", "last", severity) '  # noqa: S608
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    f"ON CONFLICT ({_KEY}) DO UPDATE SET hits = {_TABLE}.hits + excluded.hits, "
    f'"first" = CASE WHEN excluded."first" < {_TABLE}."first" THEN excluded."first" ELSE {_TABLE}."first" END, '
    f'"last" = CASE WHEN excluded."last" > {_TABLE}."last" THEN excluded."last" ELSE {_TABLE}."last" END, '
    f"severity = CASE WHEN excluded.severity > {_TABLE}.severity THEN excluded.severity ELSE {_TABLE}.severity END, "
    f"host_id = COALESCE({_TABLE}.host_id, excluded.host_id), "
    f"system_id = COALESCE({_TABLE}.system_id, excluded.system_id), "
    f"unit_id = COALESCE({_TABLE}.unit_id, excluded.unit_id)"
)


def add(attacks: Iterable[AttackRow], unit_of: Mapping[int, int]) -> None:
    """Count these. `unit_of`: device → the unit that answers for it, where nobody is registered for the target."""
    rows = sorted(attacks, key=lambda row: row[:5])
    if not rows:
        return
    there = _there(rows)
    adapt = connection.ops.adapt_datetimefield_value
    values = []
    for hour, source, target, attack, action, device, host, system, unit, hits, first, last, severity in rows:
        owner = unit if unit in there[Unit] else unit_of.get(device)
        whose = (host if host in there[Host] else None, system if system in there[System] else None, owner)
        counted = (hits, adapt(first), adapt(last), severity)
        values.append((adapt(hour), source, target, attack[:40], action[:10], *whose, *counted))
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, values)


def _there(rows: list[AttackRow]) -> dict[type, set[int]]:
    """Which rows of the register still exist: readers may have known a register that is minutes old."""
    asked = {Host: {row[6] for row in rows}, System: {row[7] for row in rows}, Unit: {row[8] for row in rows}}
    return {
        model: set(model.objects.filter(pk__in=keys - {None}).values_list("pk", flat=True)) if keys - {None} else set()
        for model, keys in asked.items()
    }
