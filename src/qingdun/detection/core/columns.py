"""A batch of events as columns: per field its distinct values once, and for each event the number of its value.

Events of the same shape (the same keys) that tell the same origin form a block: which routes it takes and which keys
hold its columns is found out once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qingdun.detection.core.events import Event, first, texts
from qingdun.detection.core.folding import fold
from qingdun.detection.core.keywords import Keywords
from qingdun.detection.core.program import EVERYWHERE, Program

ABSENT, NULL = -1, -2  # codes of an event without the field, and with an empty one
Codes = NDArray[np.int64]
Origin = tuple[str | None, ...]  # folded values of the fields that tell which routes an event takes


@dataclass
class Cells:
    """One column of a block as it was taken from the events: a text each, or the texts of each (None: absent)."""

    plain: Sequence[str] = ()
    several: Sequence[list[str] | None] = ()


@dataclass
class Coded:
    """A column in numbers: a code per event, and (row, code) of the further values of events with several."""

    codes: Codes
    rows: Codes = field(default_factory=lambda: np.empty(0, np.int64))
    further: Codes = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass
class Block:
    """Events of one shape and origin."""

    rows: Codes  # their numbers in the batch
    routes: tuple[int, ...]
    columns: dict[int, Cells] = field(default_factory=dict)


class Router:
    """Which routes events of an origin take, and which columns are needed for them; remembers what it found."""

    LARGEST = 100_000

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[Origin, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def find(self, origin: Origin) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(routes, columns)."""
        if origin not in self._known:
            if len(self._known) >= self.LARGEST:
                self._known.clear()
            self._known[origin] = self._look(origin)
        return self._known[origin]

    def _look(self, origin: Origin) -> tuple[tuple[int, ...], tuple[int, ...]]:
        program = self._program
        told = dict(zip(program.identity, origin, strict=True))
        marked = {mark for mark in program.marks if all(told[name] is not None for name in mark)}
        routes = tuple(
            number
            for number, route in enumerate(program.routes)
            if (not marked or route.mark in marked or not route.source.parts())
            and all(agrees(told[name], wanted) for name, wanted in route.when.items())
        )
        columns = {column for route in routes for branch in program.branches[route] for column in branch.columns}
        return routes, tuple(sorted(columns))


def agrees(told: str | None, wanted: frozenset[str | None]) -> bool:
    """A field that is absent contradicts nothing; `None` among the wanted alone demands that it is."""
    return told in wanted or (told is None and wanted != frozenset({None}))


class Held(Protocol):
    """What the engine asks of a batch. Rows are numbers of events; codes are numbers of a column's distinct values."""

    events: Sequence[Event]
    blocks: list[Block]
    searched: defaultdict[tuple[int, ...], list[Codes]]  # routes → where keywords matter

    def filled(self) -> list[int]:
        """The columns in which any event may have a value."""

    def texts(self, column: int) -> tuple[list[str], list[str]]:
        """The column's distinct values, and the same folded."""

    def coded(self, blocks: Sequence[Block], column: int) -> Coded:
        """A column of some blocks, one after the other, in numbers: asked for only where a rule needs it."""

    def search(self, keywords: Keywords, rows: Codes) -> dict[int, Codes]:
        """Predicate → the rows, of `rows`, that hold it in any value."""


class Batch:
    """Events in columns. `texts` and `folded` of a column are its distinct values by code."""

    def __init__(
        self, events: Sequence[Event], program: Program, router: Router, raw: Sequence[bytes | None] = ()
    ) -> None:
        self.events, self._raw = events, raw
        self.searched: defaultdict[tuple[int, ...], list[Codes]] = defaultdict(list)  # routes → where keywords matter
        self._program = program
        self._values: defaultdict[int, set[str]] = defaultdict(set)
        self._texts: dict[int, tuple[list[str], list[str]]] = {}
        self._numbers: dict[int, dict[str | None, int]] = {}
        self.blocks = [self._block(rows, routes, columns) for rows, routes, columns in self._groups(router)]

    def texts(self, column: int) -> tuple[list[str], list[str]]:
        """The column's distinct values, and the same folded."""
        if column not in self._texts:
            held = list(self._values[column])
            self._texts[column] = held, [fold(text) for text in held]
        return self._texts[column]

    def coded(self, blocks: Sequence[Block], column: int) -> Coded:
        """A column of some blocks, one after the other, in numbers: asked for only where a rule needs it."""
        cells = [block.columns.get(column) for block in blocks]
        number = self._numbered(column)
        count = sum(len(block.rows) for block in blocks)
        if not any(each.several for each in cells if each):
            values = chain.from_iterable(
                each.plain if each else repeat(None, len(block.rows)) for each, block in zip(cells, blocks, strict=True)
            )
            return Coded(np.fromiter(map(number.__getitem__, values), np.int64, count))
        every: list[list[str] | None] = []
        for each, block in zip(cells, blocks, strict=True):
            if each is None:
                every += [None] * len(block.rows)
            else:
                every += each.several or [[text] for text in each.plain]
        return _several(every, number)

    def _numbered(self, column: int) -> Mapping[str | None, int]:
        if column not in self._numbers:
            held, _folded = self.texts(column)
            numbers: dict[str | None, int] = {None: ABSENT}
            numbers.update(zip(held, range(len(held)), strict=True))
            self._numbers[column] = numbers
        return self._numbers[column]

    def filled(self) -> list[int]:
        """The columns in which any event has a value."""
        return [column for column, values in self._values.items() if values]

    def search(self, keywords: Keywords, rows: Codes) -> dict[int, Codes]:
        """Predicate → the rows, of `rows`, that hold it in any value."""
        return keywords.rows(self.events, self._raw, rows)

    def _groups(self, router: Router) -> Iterator[tuple[list[int], tuple[int, ...], tuple[int, ...]]]:
        identity = self._program.identity
        shapes: defaultdict[Any, list[int]] = defaultdict(list)
        for row, event in enumerate(self.events):
            shapes[tuple(event)].append(row)
        for rows in shapes.values():
            origins = self._origins(rows, identity)
            for origin, some in origins.items():
                routes, columns = router.find(origin)
                if routes:
                    yield some, routes, columns

    def _origins(self, rows: list[int], identity: tuple[str, ...]) -> dict[Origin, list[int]]:
        """Events of one shape by what they say of their origin."""
        shape = self.events[rows[0]]
        names = [name for name in identity if _rooted(name, shape)]
        if not names:
            return {(None,) * len(identity): rows}
        seen: defaultdict[Any, list[int]] = defaultdict(list)
        try:
            getter = itemgetter(*names)
            for row in rows:
                seen[getter(self.events[row])].append(row)
        except (KeyError, TypeError):  # a field inside another, or no single value
            seen.clear()
            for row in rows:
                seen[tuple([said(self.events[row], name) for name in names])].append(row)
        origins: defaultdict[Origin, list[int]] = defaultdict(list)
        for some in seen.values():
            given = {name: said(self.events[some[0]], name) for name in names}
            origins[tuple([given.get(name) for name in identity])] += some
        return origins

    def _block(self, rows: list[int], routes: tuple[int, ...], columns: tuple[int, ...]) -> Block:
        events = self.events
        members = [events[row] for row in rows] if len(rows) < len(events) else list(events)
        block = Block(np.array(rows, np.int64), routes)
        shape = members[0]
        plain: list[tuple[int, str]] = []
        for column in columns:
            names = self._program.columns[column]
            if names == EVERYWHERE:
                self.searched[routes].append(block.rows)
            elif len(names) == 1 and names[0] in shape:
                plain.append((column, names[0]))
            elif any(_rooted(name, shape) for name in names):
                self._looked(block, column, names, members)
        if plain:
            getter = itemgetter(*[name for _column, name in plain])
            taken = zip(*map(getter, members), strict=True) if len(plain) > 1 else [tuple(map(getter, members))]
            for (column, _name), values in zip(plain, taken, strict=True):
                block.columns[column] = self._cells(column, values)
        return block

    def _looked(self, block: Block, column: int, names: tuple[str, ...], members: list[Event]) -> None:
        """A field that may stand in several places or inside another."""
        found = [first(each, names) for each in members]
        if any(there for there, _value in found):
            several = [list(texts(value)) if there else None for there, value in found]
            self._values[column].update(*[each for each in several if each])
            block.columns[column] = Cells(several=several)

    def _cells(self, column: int, values: Sequence[Any]) -> Cells:
        try:
            distinct = set(values)
        except TypeError:  # lists and objects
            distinct = set()
        kinds = set(map(type, distinct))
        if kinds == {int} and set(map(type, values)) == kinds:  # true and 1 are the same to a set
            values = list(map(str, values))
            distinct = set(values)
            kinds = {str}
        if kinds == {str}:
            self._values[column] |= distinct
            return Cells(plain=values)
        several = [list(texts(value)) for value in values]
        self._values[column].update(*several)
        return Cells(several=several)


def _several(values: Sequence[list[str] | None], number: Mapping[str | None, int]) -> Coded:
    codes = np.full(len(values), NULL, np.int64)
    rows: list[int] = []
    further: list[int] = []
    for row, several in enumerate(values):
        if several:
            codes[row] = number[several[0]]
            for each in several[1:]:
                rows.append(row)
                further.append(number[each])
        elif several is None:
            codes[row] = ABSENT
    return Coded(codes, np.array(rows, np.int64), np.array(further, np.int64))


def _rooted(name: str, shape: Event) -> bool:
    """May an event of this shape have the field, as a key or inside one?"""
    at = name.find(".")
    while at > 0:
        if name[:at] in shape:
            return True
        at = name.find(".", at + 1)
    return name in shape


def said(event: Event, name: str) -> str | None:
    """What an event says of its origin in this field, folded."""
    _there, value = first(event, (name,))
    found = next(texts(value), None)
    return None if found is None else fold(found)
