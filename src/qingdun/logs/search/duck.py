"""The engine on one machine: DuckDB over the lake's files, newest first, stopping as soon as the answer stands."""
# ruff: noqa: S608 (what is put together here are column names of EVENT and our own numbers; values are bound)

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Protocol

import polars as pl

from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.query import Query
from qingdun.logs.search.answers import EVERYTHING, Count, Coverage, Event, Histogram, Key, Page, Reach, Stats
from qingdun.logs.search.buckets import Axis, axis
from qingdun.logs.search.plan import Chunk, File, helping, plan
from qingdun.logs.search.run import OutOfTime, Runner, files, rows_of
from qingdun.logs.search.sql import Condition, column, condition, moments

FIRST_ROWS = 400_000  # of the first helping; the next are larger while time allows
BUDGET = 3.0
EXPORT_BUDGET = 60.0
EXPORT_STEP = 5_000
ROW_GROUP = 65_536  # of the lake's files; a file with other ones is only counted more slowly

Statement = tuple[str, Mapping[str, object]]


class Files(Protocol):
    """The lake, as far as a search needs it."""

    root: Path

    def files(self, start: datetime | None = None, end: datetime | None = None) -> Sequence[File]: ...


@dataclass(frozen=True, slots=True, order=True)
class _Hit:
    key: Key
    file: str
    row: int


class _Walk:
    """Goes through chunks, latest first, in growing helpings until done or out of time, and keeps account of it."""

    def __init__(self, runner: Runner, chunks: list[Chunk]) -> None:
        self._runner, self.left, self._rows = runner, chunks, 0

    def ask(self, statement: Callable[[list[Chunk]], Statement]) -> Iterator[pl.DataFrame]:
        """The answers, one for each helping. What the clock stopped half-way is not counted as looked at."""
        rows = FIRST_ROWS
        while self.left and self._runner.left > 0:
            chunks = self.left[: helping(self.left, rows)]
            begun, done = self._runner.seconds, sum(chunk.rows for chunk in chunks)
            try:
                answer = self._runner.ask(*statement(chunks))
            except OutOfTime:
                return
            self.left = self.left[len(chunks) :]
            self._rows += done
            rate = done / max(self._runner.seconds - begun, 1e-3)
            rows = max(FIRST_ROWS, int(min(rows * 4, rate * self._runner.left / 2)))
            yield answer

    def coverage(self, *, enough: bool = False) -> Coverage:
        """`enough`: the answer stands without what is left."""
        since = None if enough or not self.left else _moment(self.left[0].latest)
        return Coverage(since is None, since, self._rows, self._runner.seconds)


class DuckEngine:
    """See `answers.Engine`."""

    def __init__(self, lake: Files, zone: str) -> None:
        self._lake, self._zone = lake, zone

    def page(
        self,
        query: Query,
        reach: Reach,
        *,
        limit: int,
        after: Key | None = None,
        columns: Sequence[str] | None = None,
        budget: float = BUDGET,
    ) -> Page:
        """The newest `limit` matches after `after`; of each event the given columns (all when None)."""
        runner = self._runner(budget)
        walk = _Walk(runner, self._plan(query, reach, after))
        hits: list[_Hit] = []
        enough = False
        for answer in walk.ask(lambda chunks: _newest(chunks, query, reach, after, limit + 1)):
            hits = heapq.nlargest(limit + 1, [*hits, *(_Hit(Key(t, b, r), f, n) for t, b, r, f, n in answer.rows())])
            if enough := len(hits) > limit and (not walk.left or walk.left[0].latest < hits[-1].key.moment):
                break
        coverage = walk.coverage(enough=enough)
        following = hits[limit - 1].key if len(hits) > limit else None
        if not coverage.complete:  # show what is certain, and go on from where the time ran out
            sure = walk.left[0].latest
            hits = [hit for hit in hits[:limit] if hit.key.moment > sure]
            following = Key(sure + 1, "", 0)
        runner.extend(budget)
        return Page(_fetch(runner, hits[:limit], columns or tuple(EVENT)), following, coverage)

    def event(self, key: Key, reach: Reach) -> Event | None:
        """One event by its key, all columns; None when there is none within reach."""
        moment = _moment(key.moment)
        around = Query(start=moment, end=moment + timedelta(microseconds=1))
        made = condition(around, reach)
        made.parts.append(f'"qingdun.batch" = {made.bind(key.batch)} AND "qingdun.row" = {made.bind(key.row)}')
        moments(made, around.start, around.end)
        chunks = self._plan(around, reach, None)
        if not chunks:
            return None
        found = self._runner(BUDGET).ask(rows_of(chunks, ", ".join(map(column, EVENT)), made.text), made.values)
        return found.row(0, named=True) if found.height else None

    def count(self, query: Query, reach: Reach, *, budget: float = BUDGET) -> Count:
        """How many events match."""
        walk = _Walk(self._runner(budget), self._plan(query, reach, None))
        known = _take_known(walk, query, reach, lambda _chunk: 0)[0]
        return Count(
            known + sum(answer.item() for answer in walk.ask(lambda c: _counted(c, query, reach))), walk.coverage()
        )

    def histogram(self, query: Query, reach: Reach, *, now: datetime, budget: float = BUDGET) -> Histogram:
        """Matches over time; `now` closes an open range."""
        chunks = self._plan(query, reach, None)
        scale = axis(query, chunks, self._zone, now)
        walk = _Walk(self._runner(budget), chunks)
        numbers = _take_known(walk, query, reach, scale.only)
        buckets = {(str(chunk.path), chunk.first // ROW_GROUP): scale.of(chunk.latest) for chunk in chunks}
        for answer in walk.ask(lambda chunks: _over_time(chunks, query, reach, scale)):
            for file, place, number in answer.rows():
                numbers[buckets[file, place] if file else place] += number
        bars = [(start, numbers[place]) for place, start in enumerate(scale.starts)]
        return Histogram(bars, timedelta(microseconds=scale.step), walk.coverage())

    def stats(self, query: Query, reach: Reach, field: str, *, top: int = 10, budget: float = BUDGET) -> Stats:
        """The `top` most frequent values of `field`."""
        walk = _Walk(self._runner(budget), self._plan(query, reach, None))
        parts = list(walk.ask(lambda chunks: _by_value(chunks, query, reach, field)))
        empty = pl.DataFrame(schema={"value": EVENT[field], "n": pl.Int64()})
        values = pl.concat([empty, *parts], how="vertical_relaxed").group_by("value").agg(pl.col("n").sum())
        present = values.drop_nulls("value")
        first = present.sort(["n", "value"], descending=[True, False]).head(top)
        total, held = int(values["n"].sum()), int(present["n"].sum())
        return Stats(field, first.rows(), present.height, held, total - held, walk.coverage())

    def export(self, query: Query, reach: Reach, *, limit: int) -> Iterator[list[Event]]:
        """Matches newest first with all columns, in portions, at most `limit` in all."""
        after: Key | None = None
        left = limit
        while left:
            page = self.page(query, reach, limit=min(left, EXPORT_STEP), after=after, budget=EXPORT_BUDGET)
            if page.events:
                yield page.events
            if page.next is None:
                return
            if not page.events and page.next == after:  # not even one helping in this time: it would never end
                raise OutOfTime
            left, after = left - len(page.events), page.next

    def _runner(self, budget: float) -> Runner:
        return Runner(self._lake.root, budget)

    def _plan(self, query: Query, reach: Reach, after: Key | None) -> list[Chunk]:
        if reach.sources is not None and not reach.sources:
            return []
        return plan(self._lake.files(query.start, query.end), query, after)


def _newest(chunks: list[Chunk], query: Query, reach: Reach, after: Key | None, limit: int) -> Statement:
    made = _conditions(chunks, query, reach, after)
    key = 'epoch_us("@timestamp") AS t, coalesce("qingdun.batch", \'\') AS b, coalesce("qingdun.row", 0) AS r'
    rows = rows_of(chunks, f"{key}, filename, file_row_number", made.text)
    return f"SELECT * FROM ({rows}) ORDER BY t DESC, b DESC, r DESC LIMIT {limit:d}", made.values


def _counted(chunks: list[Chunk], query: Query, reach: Reach) -> Statement:
    made = _conditions(chunks, query, reach)
    return f"SELECT count(*) FROM ({rows_of(chunks, '1', made.text)})", made.values


def _by_value(chunks: list[Chunk], query: Query, reach: Reach, field: str) -> Statement:
    made = _conditions(chunks, query, reach)
    rows = rows_of(chunks, f"{column(field)} AS value", made.text)
    return f"SELECT value, count(*) AS n FROM ({rows}) GROUP BY 1", made.values


def _over_time(chunks: list[Chunk], query: Query, reach: Reach, scale: Axis) -> Statement:
    """Rows of (file, place, n). Row groups that lie in one bucket are counted as such, without reading their times."""
    made = condition(query, reach)
    inside = [chunk for chunk in chunks if _in_one_bucket(chunk, query, scale)]
    parts = []
    if inside:
        rows = rows_of(inside, f"filename, file_row_number // {ROW_GROUP:d} AS place", made.text)
        parts.append(f"SELECT filename, place, count(*) AS n FROM ({rows}) GROUP BY 1, 2")
    if across := [chunk for chunk in chunks if not _in_one_bucket(chunk, query, scale)]:
        moments(made, query.start, query.end)
        place = f'(epoch_us("@timestamp") - {scale.low:d}) // {scale.step:d}'
        rows = rows_of(across, f"least(greatest({place}, 0), {scale.count - 1:d}) AS place", made.text)
        parts.append(f"SELECT NULL, place, count(*) AS n FROM ({rows}) GROUP BY 2")
    return " UNION ALL ".join(parts), made.values


def _in_one_bucket(chunk: Chunk, query: Query, scale: Axis) -> bool:
    uniform = chunk.parts > 1 and chunk.first % ROW_GROUP == 0 and chunk.rows <= ROW_GROUP
    return uniform and chunk.within(query) and scale.only(chunk) is not None


def _conditions(chunks: list[Chunk], query: Query, reach: Reach, after: Key | None = None) -> Condition:
    made = condition(query, reach, after)
    if not all(chunk.within(query) for chunk in chunks):
        moments(made, query.start, query.end)
    return made


def _take_known(walk: _Walk, query: Query, reach: Reach, place: Callable[[Chunk], int | None]) -> Counter[int]:
    """Without any condition a chunk wholly in range counts as it is; take such chunks from the walk."""
    known: Counter[int] = Counter()
    if query.clauses or reach != EVERYTHING:
        return known
    left = []
    for chunk in walk.left:
        if (spot := place(chunk)) is not None and chunk.within(query):
            known[spot] += chunk.rows
        else:
            left.append(chunk)
    walk.left = left
    return known


def _fetch(runner: Runner, hits: Sequence[_Hit], columns: Sequence[str]) -> list[Event]:
    """The events themselves, read only from the row groups that hold them."""
    if not hits:
        return []
    names = ", ".join(column(name) for name in dict.fromkeys(["@timestamp", "qingdun.batch", "qingdun.row", *columns]))
    by_file = groupby(sorted(hits, key=lambda hit: hit.file), key=lambda hit: hit.file)
    branches = [
        f"SELECT {names} FROM {files([Path(file)])} WHERE file_row_number IN ({', '.join(str(hit.row) for hit in own)})"
        for file, own in by_file
    ]
    found = runner.ask(" UNION ALL ".join(branches), {})
    return sorted(found.to_dicts(), key=Key.of, reverse=True)


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC) + timedelta(microseconds=microseconds % 1_000_000)
