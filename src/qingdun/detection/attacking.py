"""Attacks of a batch into their table: hits add up, first and last widen; one statement for all rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from django.db import connection, models

from qingdun.access.models import Unit
from qingdun.detection.models import Attack
from qingdun.inventory.models import Host, System

_MODELS: Mapping[str, type[models.Model]] = {"host": Host, "system": System, "unit": Unit}
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


def add(attacks: pl.DataFrame, unit_of: Mapping[int, int]) -> None:
    """Count these, as `found.ATTACKS`. `unit_of`: device → the unit that answers for it, where nobody else does."""
    if attacks.is_empty():
        return
    devices = pl.col("device").replace_strict(dict(unit_of), default=None, return_dtype=pl.Int64)
    owners = [_present(model, attacks[name]).alias(name) for name, model in _MODELS.items()]
    rows = attacks.with_columns(owners).sort("hour", "source", "target", "attack", "action").select(
        _time("hour"),
        "source",
        "target",
        pl.col("attack").str.slice(0, 40),
        pl.col("action").str.slice(0, 10),
        "host",
        "system",
        pl.coalesce("unit", devices) if unit_of else pl.col("unit"),
        "hits",
        _time("first"),
        _time("last"),
        "severity",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows.rows())


def _time(name: str) -> pl.Expr:
    """As the database holds it: SQLite has text, without a fraction where there is none."""
    if connection.vendor != "sqlite":
        return pl.col(name)
    return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.strip_suffix(".000000")


def _present(model: type[models.Model], keys: pl.Series) -> pl.Series:
    """The keys whose rows still exist: readers may have known a register that is minutes old."""
    wanted = keys.drop_nulls().unique().to_list()
    if not wanted:
        return keys
    there = list(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))
    return (
        keys if len(there) == len(wanted) else keys.replace_strict(there, there, default=None, return_dtype=keys.dtype)
    )
