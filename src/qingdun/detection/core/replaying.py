"""回放: what rules said of past events, and what they would have said with one filter more.

A filter can only take matches away. So all events are tested once, by columns, without it; only the events that matched
go through the rules again, one by one, with it and without, and on to the correlations that count them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from qingdun.detection.core.frames import objects
from qingdun.detection.core.pipelines import Pipeline
from qingdun.detection.core.program import link
from qingdun.detection.core.rules import Correlation, Document, Filter, Rule
from qingdun.detection.core.stream import Stream

SAMPLES = 10  # events kept of what would vanish


@dataclass(frozen=True, slots=True)
class Vanished:
    """An event of which a rule would no longer speak."""

    batch: str
    row: int
    at: datetime
    rule: str
    source: str
    target: str


@dataclass
class Counted:
    """What was seen so far. `rules`: key → title of all that could have spoken."""

    events: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    vanished: int = 0
    samples: list[Vanished] = field(default_factory=list)


class Replay:
    """One course of events, in their order, with and without `tried`."""

    def __init__(
        self,
        documents: Sequence[Document],
        rules: Iterable[Rule],
        tried: Filter,
        pipelines: Mapping[str, Pipeline],
        *,
        zone: str,
        stopwatch: Callable[[], float],
    ) -> None:
        wanted = _with_correlations(documents, rules)
        self._zone = zone
        self._before = Stream(link(wanted, pipelines), stopwatch)
        self._after = Stream(link([*wanted, tried], pipelines), stopwatch)
        self.counted = Counted()
        every: list[Rule | Correlation] = [*self._before.program.rules, *self._before.program.correlations]
        self.titles = {key_of(one): one.title for one in every}

    def feed(self, events: pl.DataFrame) -> None:
        """The next events, with the columns of EVENT."""
        self.counted.events += events.height
        rows = sorted({match.event for match in self._before.engine.match_frame(events, self._zone)})
        if not rows:
            return
        some = events[rows]
        told = objects(some, self._zone)
        before, after = self._told(self._before, told), self._told(self._after, told)
        self.counted.before.update(key for _number, key in before)
        self.counted.after.update(key for _number, key in after)
        kept = set(after)
        gone = [one for one in before if one not in kept]
        self.counted.vanished += len(gone)
        for number, key in gone[: SAMPLES - len(self.counted.samples)]:
            self.counted.samples.append(_vanished(some.row(number, named=True), key))

    def _told(self, stream: Stream, events: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
        begin = stream.events
        return [(one.event - begin, key_of(one.rule)) for one in stream.feed(events)]


def key_of(rule: Rule | Correlation) -> str:
    """What a rule is called in records."""
    return rule.id or rule.name


def _with_correlations(documents: Sequence[Document], rules: Iterable[Rule]) -> list[Document]:
    """These rules, the correlations that count them, what else those count, and the filters that hold already."""
    names = {name.lower() for one in rules for name in (one.id, one.name) if name}
    correlations = [one for one in documents if isinstance(one, Correlation)]
    grown = True
    while grown:
        grown = False
        for one in correlations:
            own = {name.lower() for name in (one.id, one.name) if name}
            below = {name.lower() for name in one.rules}
            if not (names.isdisjoint(below) and names.isdisjoint(own)) and not own | below <= names:
                names |= own | below
                grown = True
    return [
        one for one in documents if isinstance(one, Filter) or not names.isdisjoint({one.id.lower(), one.name.lower()})
    ]


def _vanished(row: Mapping[str, Any], key: str) -> Vanished:
    target = row.get("destination.ip") or row.get("url.domain") or row.get("host.name") or ""
    return Vanished(
        str(row["qingdun.batch"]), int(row["qingdun.row"]), row["@timestamp"], key, row.get("source.ip") or "", target
    )
