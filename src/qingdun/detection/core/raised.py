"""What is raised as an alert, before any of it is stored; and how evidence and episodes of one alert come together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from qingdun.detection.core.found import ENDS
from qingdun.detection.core.signals import Trace

#: An alert that has been silent for so long, by the time of its events, takes no further hits.
SILENCE = timedelta(hours=24)
_LONGEST = 200  # characters of `Alert.grouped`

#: As JSON holds a trace: batch, row, time in ISO 8601.
Written = list[object]


@dataclass(frozen=True, slots=True)
class Raised:
    """告警之事: hits of one rule for one group, to become a new alert or to be added to the one that stands."""

    rule: str
    title: str
    level: int  # 1 to 5
    hits: int
    first: datetime
    last: datetime
    grouped: str  # `grouped(...)` of the values that tell one alert of the rule from another
    source: str = ""
    target: str = ""
    attack: str = ""
    techniques: tuple[str, ...] = ()
    host: int | None = None
    system: int | None = None
    unit: int | None = None
    evidence: tuple[Trace, ...] = ()
    received: datetime | None = None  # when the first of its lines came in


def grouped(values: Sequence[str]) -> str:
    """One text for the values of a group; what is too long keeps its beginning and a digest of the whole."""
    text = "|".join(values)
    if len(text) <= _LONGEST:
        return text
    digest = sha256(text.encode()).hexdigest()[:16]
    return f"{text[: _LONGEST - 17]}|{digest}"


def written(evidence: Iterable[Trace]) -> list[Written]:
    """As JSON holds it."""
    return [[batch, row, at.isoformat()] for batch, row, at in evidence]


def ends(one: Iterable[Written], other: Iterable[Written]) -> list[Written]:
    """The first ten and the last ten of both, by time; each once."""
    known = {(str(trace[2]), str(trace[0]), int(str(trace[1]))): trace for each in (one, other) for trace in each}
    held = [known[key] for key in sorted(known)]
    return held if len(held) <= 2 * ENDS else held[:ENDS] + held[-ENDS:]


def joins(first: datetime, last: datetime, raised: Raised) -> bool:
    """Do hits belong to an alert that goes from `first` to `last`: no more than SILENCE before or after it?"""
    return raised.first <= last + SILENCE and raised.last >= first - SILENCE
