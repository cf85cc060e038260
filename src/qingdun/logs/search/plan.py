"""Which parts of which files could hold a match, newest first, and in what helpings to read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qingdun.logs import index
from qingdun.logs.core.query import Clause, Op, Query
from qingdun.logs.search.answers import Key

MOST_FILES = 400  # in one statement


class File(Protocol):
    """What the lake says about one of its files; `earliest` and `latest` bound its `@timestamp`."""

    @property
    def path(self) -> Path: ...
    @property
    def rows(self) -> int: ...
    @property
    def earliest(self) -> datetime: ...
    @property
    def latest(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """A row group of an indexed file, or the whole of one without index. Times in microseconds, both inclusive."""

    path: Path
    first: int
    rows: int
    earliest: int
    latest: int
    parts: int  # how many chunks the file has

    def within(self, query: Query) -> bool:
        """Does the query's time range hold all of it?"""
        return (query.start is None or micro(query.start) <= self.earliest) and (
            query.end is None or self.latest < micro(query.end)
        )


def micro(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def plan(files: Iterable[File], query: Query, after: Key | None = None) -> list[Chunk]:
    """The chunks that may hold a match, latest first."""
    start = micro(query.start) if query.start else None
    end = micro(query.end) if query.end else None
    chunks = [
        chunk
        for file in files
        for chunk in _chunks(file, query)
        if (start is None or chunk.latest >= start)
        and (end is None or chunk.earliest < end)
        and (after is None or chunk.earliest <= after.moment)
    ]
    return sorted(chunks, key=lambda chunk: chunk.latest, reverse=True)


def _chunks(file: File, query: Query) -> Iterator[Chunk]:
    opened = index.load(file.path)
    if opened is None:
        yield Chunk(file.path, 0, file.rows, micro(file.earliest), micro(file.latest), 1)
        return
    mask = np.ones(len(opened.groups), dtype=bool)
    for clause in query.clauses:
        mask &= _may_match(opened, clause)
    for number in np.flatnonzero(mask):
        group = opened.groups[number]
        yield Chunk(file.path, group.first, group.rows, group.earliest, group.latest, len(opened.groups))


def _may_match(opened: index.Index, clause: Clause) -> npt.NDArray[np.bool_] | bool:
    """True where the index cannot tell."""
    if clause.negated:
        return True
    if clause.op in (Op.IS, Op.IN) and clause.field in index.EXACT:
        held = np.zeros(len(opened.groups), dtype=bool)
        for value in clause.values:
            held |= opened.may_hold(index.hashes_of_value(clause.field, value))
        return held
    if clause.op in (Op.CONTAINS, Op.PREFIX, Op.ENDS) and clause.field in index.PIECES:
        return opened.may_hold(index.hashes_of_piece(str(clause.values[0])))
    return True


def helping(chunks: Sequence[Chunk], rows: int) -> int:
    """How many chunks from the front make up about `rows` rows (at least one chunk)."""
    taken, files, count = 0, set(), 0
    for chunk in chunks:
        files.add(chunk.path)
        if count and (taken + chunk.rows > rows or len(files) > MOST_FILES):
            break
        taken, count = taken + chunk.rows, count + 1
    return count


def ranges(chunks: Sequence[Chunk]) -> dict[Path, list[tuple[int, int]] | None]:
    """Each file's row ranges (both ends inclusive) to read, None for all of it."""
    found: dict[Path, list[tuple[int, int]] | None] = {}
    ordered = sorted(chunks, key=lambda chunk: (chunk.path, chunk.first))
    for path, own in groupby(ordered, key=lambda chunk: chunk.path):
        found[path] = _joined(list(own))
    return found


def _joined(chunks: list[Chunk]) -> list[tuple[int, int]] | None:
    if len(chunks) == chunks[0].parts:
        return None
    joined: list[tuple[int, int]] = []
    for chunk in chunks:
        if joined and joined[-1][1] == chunk.first - 1:
            joined[-1] = (joined[-1][0], chunk.first + chunk.rows - 1)
        else:
            joined.append((chunk.first, chunk.first + chunk.rows - 1))
    return joined
