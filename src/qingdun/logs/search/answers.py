"""What an engine is asked and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from qingdun.logs.core.query import Query
from qingdun.logs.core.query.refusal import Refusal

Event = dict[str, Any]
_OLDEST = -62_000_000_000_000_000  # microseconds: the year 5; no calendar here begins much before
_KEY = re.compile(r"(?P<moment>-?\d{1,17})\.(?P<row>\d{1,9})\.(?P<batch>[^\x00]{1,100})")


class SearchFailed(Refusal):
    """The question could not be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Reach:
    """可见来源: whose events the reader may see; None is every source."""

    sources: frozenset[int] | None = None


EVERYTHING = Reach()


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """An event's place in the order of results: microseconds, then batch and row, which together are its identity."""

    moment: int
    batch: str
    row: int

    def __str__(self) -> str:
        return f"{self.moment}.{self.row}.{self.batch}"

    @classmethod
    def parse(cls, text: str) -> Key | None:
        found = _KEY.fullmatch(text)
        if found is None or int(found["moment"]) < _OLDEST:
            return None
        return cls(int(found["moment"]), found["batch"], int(found["row"]))

    @classmethod
    def of(cls, event: Event) -> Key:
        return cls(_micro(event["@timestamp"]), event["qingdun.batch"] or "", event["qingdun.row"] or 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was looked at before the time ran out. `since` is the moment back to which nothing was left out."""

    complete: bool
    since: datetime | None
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Page:
    """Events newest first; `next` is where the following page begins, None when this was the last."""

    events: list[Event]
    next: Key | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Count:
    """Matching events: exact when the coverage is complete, else at least so many."""

    value: int
    coverage: Coverage

    @property
    def exact(self) -> bool:
        return self.coverage.complete

    def __str__(self) -> str:
        return f"{self.value:,}" if self.exact else f"≥ {self.value:,}"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Matching events over time, oldest first, empty buckets included. `step` is the width of each."""

    buckets: list[tuple[datetime, int]]
    step: timedelta
    coverage: Coverage

    @property
    def count(self) -> Count:
        return Count(sum(number for _, number in self.buckets), self.coverage)


@dataclass(frozen=True, slots=True)
class Stats:
    """The most frequent values of a field; `present` events have one, `missing` have none."""

    field: str
    values: list[tuple[str | int, int]]
    distinct: int
    present: int
    missing: int
    coverage: Coverage


class Engine(Protocol):
    """Answers a query over the lake. `budget` is in seconds; what does not fit in it is reported as not looked at."""

    def page(
        self,
        query: Query,
        reach: Reach,
        *,
        limit: int,
        after: Key | None = None,
        columns: Sequence[str] | None = None,
        budget: float = ...,
    ) -> Page: ...

    def event(self, key: Key, reach: Reach) -> Event | None: ...

    def count(self, query: Query, reach: Reach, *, budget: float = ...) -> Count: ...

    def histogram(self, query: Query, reach: Reach, *, now: datetime, budget: float = ...) -> Histogram: ...

    def stats(self, query: Query, reach: Reach, field: str, *, top: int = ..., budget: float = ...) -> Stats: ...

    def export(self, query: Query, reach: Reach, *, limit: int) -> Iterator[list[Event]]: ...


def _micro(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
