"""Rules over a batch: their hits by group, and row by row what correlations must follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

import polars as pl

from qingdun.detection.core.engine import Engine, Match
from qingdun.detection.core.events import OURS, Event, first
from qingdun.detection.core.found import ENDS, Hit, Place, Step
from qingdun.detection.core.frames import objects
from qingdun.detection.core.program import Program
from qingdun.detection.core.signals import Trace

_PLACE = (
    "_source",
    "_target",
    "_attack",
    "_action",
    "qingdun.source",
    "qingdun.host",
    "qingdun.system",
    "qingdun.unit",
)
_TRACE = ("qingdun.batch", "qingdun.row", "_moment")


class Rules(Protocol):
    """What is asked of the rules at work (`detection.active.Active`)."""

    @property
    def program(self) -> Program: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def silent(self) -> frozenset[int]: ...
    @property
    def followed(self) -> Mapping[int, frozenset[str]]: ...


@dataclass(frozen=True, slots=True)
class Matched:
    """See `found.Found`."""

    hits: tuple[Hit, ...] = ()
    steps: tuple[Step, ...] = ()


def matched(events: pl.DataFrame, rules: Rules, zone: str) -> Matched:
    """`events` as `counting.prepared`."""
    lake = events.select(name for name in events.columns if not name.startswith("_"))
    found = rules.engine.match_frame(lake, zone)
    if not found:
        return Matched()
    told = [match for match in found if match.rule not in rules.silent]
    followed = [match for match in found if match.rule in rules.followed]
    return Matched(
        hits=tuple(_hits(events, told, rules.program)) if told else (),
        steps=tuple(_steps(events, followed, rules, zone)) if followed else (),
    )


def _hits(events: pl.DataFrame, found: Sequence[Match], program: Program) -> Iterator[Hit]:
    rows = events[[match.event for match in found]].with_columns(
        pl.Series("_rule", [match.rule for match in found], pl.Int64),
        pl.col("_moment").dt.truncate("1m").alias("_minute"),
    )
    ends = [pl.col(name).head(ENDS).alias(f"{name}.head") for name in _TRACE]
    ends += [pl.col(name).tail(ENDS).alias(f"{name}.tail") for name in _TRACE]
    groups = (
        rows.sort("_moment", "qingdun.row")
        .group_by("_rule", *_PLACE[:5], "_minute", maintain_order=True)
        .agg(
            *(pl.col(name).drop_nulls().first() for name in _PLACE[5:]),
            pl.col("_hits").sum(),
            pl.col("_moment").min().alias("first"),
            pl.col("_moment").max().alias("last"),
            pl.col("event.ingested").min(),
            *ends,
        )
    )
    for row in groups.iter_rows(named=True):
        rule = program.rules[row["_rule"]]
        yield Hit(
            rule=rule.id or rule.name or rule.title,
            place=_place(row),
            hits=row["_hits"],
            first=row["first"],
            last=row["last"],
            received=row["event.ingested"],
            evidence=_evidence(row),
        )


def _evidence(row: Mapping[str, Any]) -> tuple[Trace, ...]:
    ends = [zip(*(row[f"{name}.{end}"] for name in _TRACE), strict=True) for end in ("head", "tail")]
    return tuple(dict.fromkeys(trace for each in ends for trace in each))


def _place(row: Mapping[str, Any]) -> Place:
    return Place(
        source=row["_source"],
        target=row["_target"],
        device=row["qingdun.source"],
        host=row["qingdun.host"],
        system=row["qingdun.system"],
        unit=row["qingdun.unit"],
        attack=row["_attack"],
        action=row["_action"],
    )


def _steps(events: pl.DataFrame, found: Sequence[Match], rules: Rules, zone: str) -> Iterator[Step]:
    by_row = [(row, [match.rule for match in some]) for row, some in groupby(found, attrgetter("event"))]
    asked = sorted({name for match in found for name in rules.followed[match.rule]})
    some = events[[row for row, _rules in by_row]]
    given = _fields(some, asked, zone)
    names = [rule.id or rule.name or rule.title for rule in rules.program.rules]
    told = some.select(*_PLACE, *_TRACE, "event.ingested").iter_rows(named=True)
    for row, event, (_row, matching) in zip(told, given, by_row, strict=True):
        at: datetime = row["_moment"]
        yield Step(
            rules=tuple(names[number] for number in matching),
            event={**event, "@timestamp": at.isoformat()},
            place=_place(row),
            trace=(row["qingdun.batch"], row["qingdun.row"], at),
            received=row["event.ingested"],
        )


def _fields(events: pl.DataFrame, asked: Sequence[str], zone: str) -> list[Event]:
    """What correlations ask of each event; a field beyond our columns may stand in the line's own JSON."""
    ours = [name for name in asked if name in events.columns]
    if len(ours) == len(asked):
        plain = events.select(ours) if ours else None
        rows = plain.iter_rows(named=True) if plain is not None else ({} for _row in range(events.height))
        return [{name: value for name, value in row.items() if value is not None} for row in rows]
    needed = [name for name in events.columns if not name.startswith("_") and (name in ours or name in OURS)]
    found = []
    for event in objects(events.select(needed), zone):
        pairs = [(name, first(event, (name,))[1]) for name in asked]
        found.append({name: value for name, value in pairs if value is not None})
    return found
