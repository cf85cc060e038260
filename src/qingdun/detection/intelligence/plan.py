"""What taking a feed in would change: compared as columns, so that a million unchanged rows cost seconds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from qingdun.detection.intelligence.taken import TIME

#: What is compared with the rows that stand: `SCHEMA` of `taken` and the key of the row.
STANDING: dict[str, pl.DataType] = {
    "pk": pl.Int64(),
    "kind": pl.String(),
    "value": pl.String(),
    "category": pl.String(),
    "weight": pl.Int64(),
    "note": pl.String(),
    "since": TIME,
    "until": TIME,
}
_COMPARED = ("category", "weight", "note", "since")


@dataclass(frozen=True, slots=True)
class Plan:
    """`new` and `changed` rows in full (`changed` with pk), and how many stay as they are."""

    new: pl.DataFrame
    changed: pl.DataFrame
    unchanged: int


@dataclass(frozen=True, slots=True)
class Given:
    """What a feed says of all its indicators. `category` empty: their own or the shape's."""

    category: str
    otherwise: str
    weight: int
    own_weight: bool  # may an indicator bring its own?
    term: int  # days, 0 without end


def plan(taken: pl.DataFrame, standing: pl.DataFrame, given: Given, now: datetime) -> Plan:
    """A term of its own that a feed states is kept to. One that we give is prolonged when a quarter of it is gone, so
    that the same list taken daily does not rewrite every row each day."""
    rows = _filled(taken, given, now)
    keys = ["kind", "value"]
    new = rows.join(standing, on=keys, how="anti").drop("stated")
    both = rows.join(standing, on=keys, how="inner", suffix="_was", maintain_order="left")
    keep = ~pl.col("stated") & _lasts(now, given.term)
    both = both.with_columns(pl.when(keep).then("until_was").otherwise("until").alias("until"))
    differs = pl.any_horizontal([pl.col(name).ne_missing(pl.col(f"{name}_was")) for name in (*_COMPARED, "until")])
    changed = both.filter(differs)
    return Plan(new, changed.select(*STANDING), both.height - changed.height)


def _filled(taken: pl.DataFrame, given: Given, now: datetime) -> pl.DataFrame:
    end = now + timedelta(days=given.term) if given.term else None
    category = pl.lit(given.category) if given.category else pl.col("category").fill_null(given.otherwise)
    weight = pl.col("weight").fill_null(given.weight) if given.own_weight else pl.lit(given.weight, pl.Int64)
    return taken.with_columns(
        category.alias("category"),
        weight.alias("weight"),
        pl.col("until").is_not_null().alias("stated"),
        pl.col("until").fill_null(pl.lit(end, TIME)).alias("until"),
    )


def _lasts(now: datetime, term: int) -> pl.Expr:
    """Has the term we gave before still three quarters to go?"""
    if not term:
        return pl.col("until_was").is_null()
    return pl.col("until_was").is_not_null() & (
        pl.col("until_was").is_between(now + timedelta(days=term) * 0.75, now + timedelta(days=term))
    )
