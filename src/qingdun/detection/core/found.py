"""What looking found in one batch, small enough to travel: counts and signals by group, matches of rules by group, and
row by row only what correlations must follow. Plain data; survives pickle, where named tuples cost least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from qingdun.detection.core.signals import Trace

_TIME = pl.Datetime("us", "UTC")
#: Of the evidence of one group: the first so many and the last so many.
ENDS = 10

#: The columns of `Found.attacks`, de-duplicated by the first five. Frames travel well: nothing in them is an object.
ATTACKS: dict[str, pl.DataType] = {
    "hour": _TIME,
    "source": pl.String(),
    "target": pl.String(),
    "attack": pl.String(),
    "action": pl.String(),
    "device": pl.Int32(),
    "host": pl.Int32(),
    "system": pl.Int32(),
    "unit": pl.Int32(),
    "hits": pl.Int64(),
    "first": _TIME,
    "last": _TIME,
    "severity": pl.Int64(),
}
#: The columns of `Found.signals`, one row each; `signals.Signal` says what they mean. The last three make the evidence.
SIGNALS: dict[str, pl.DataType] = {
    "source": pl.String(),
    "device": pl.Int32(),
    "attack": pl.String(),
    "action": pl.String(),
    "level": pl.Int64(),
    "hits": pl.Int64(),
    "first": _TIME,
    "last": _TIME,
    "target": pl.String(),
    "batches": pl.List(pl.String()),
    "rows": pl.List(pl.Int32()),
    "times": pl.List(_TIME),
}


class Place(NamedTuple):
    """What an event is about: who, against whom, seen by which device, and whose it is."""

    source: str
    target: str
    device: int
    host: int | None = None
    system: int | None = None
    unit: int | None = None
    attack: str = ""
    action: str = ""


class Hit(NamedTuple):
    """命中, grouped: one rule or correlation at one place within one minute of one batch.

    `received`: when the first of its lines came in.
    """

    rule: str
    place: Place
    hits: int
    first: datetime
    last: datetime
    received: datetime
    evidence: tuple[Trace, ...]
    group: tuple[str, ...] | None = None  # of a correlation: its group-by values


class Step(NamedTuple):
    """One event that correlations must follow: its rules, and the fields they ask of it under the event's own names."""

    rules: tuple[str, ...]
    event: dict[str, Any]
    place: Place
    trace: Trace
    received: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """所得: of one batch."""

    attacks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ATTACKS))
    signals: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SIGNALS))
    hits: tuple[Hit, ...] = ()
    steps: tuple[Step, ...] = ()
    met: tuple[Any, ...] = ()  # indicators.Met
    seconds: Mapping[str, float] = field(default_factory=dict)  # rule → time it took of this batch
    resting: Mapping[str, float] = field(default_factory=dict)  # rule newly in quarantine → seconds that sent it there
    faults: tuple[str, ...] = ()  # what could not be looked at, in words
