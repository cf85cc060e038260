"""Which rules hold for which events of a batch.

First all literals of a column are sought in its distinct values. The predicates found wake the rules they are triggers
of; only these are worked out, as boolean algebra on sets of rows, and only on the events of their route.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qingdun.detection.core.columns import ABSENT, Batch, Coded, Held, Router
from qingdun.detection.core.events import Event
from qingdun.detection.core.frames import Frame, objects
from qingdun.detection.core.keywords import Keywords, sought
from qingdun.detection.core.ledger import Ledger, TooSlow
from qingdun.detection.core.nodes import (
    All,
    Constant,
    Either,
    Exists,
    In,
    Node,
    Not,
    Null,
    Present,
    Same,
    keywords,
)
from qingdun.detection.core.predicates import Predicate
from qingdun.detection.core.program import Branch, Program
from qingdun.detection.core.scanner import Scanner

Codes = NDArray[np.int64]
Rows = NDArray[np.bool_]
Verdicts = NDArray[np.int8]  # of a predicate that is tried value by value: 1, 0, or not tried yet
_UNTRIED = -1
_GLANCE = 64  # values looked at between two looks at the watch


@dataclass(frozen=True, slots=True)
class Match:
    """命中: one rule holds for one event; both by number."""

    event: int
    rule: int


def _place(one: Match) -> tuple[int, int]:
    return one.event, one.rule


class Engine:
    """Holds what is built once: scanners and triggers. It may be used for any number of batches."""

    def __init__(self, program: Program, stopwatch: Callable[[], float]) -> None:
        self.program = program
        self.ledger = Ledger(stopwatch, len(program.rules))
        self._router = Router(program)
        self._scanners: dict[int, Scanner] = {}
        self._eager: dict[int, list[tuple[int, Predicate]]] = {}
        for number, (column, one) in enumerate(program.predicates):
            if one.kind != "lazy":
                self._eager.setdefault(column, []).append((number, one))
        self._keywords: dict[tuple[int, ...], Keywords | None] = {}  # by routes
        self._woken: dict[int, list[tuple[int, int]]] = {}  # predicate → (route, branch)
        self._always: list[list[int]] = [[] for _route in program.routes]
        for route, branches in enumerate(program.branches):
            for number, branch in enumerate(branches):
                if branch.trigger is None:
                    self._always[route].append(number)
                for predicate in branch.trigger or ():
                    self._woken.setdefault(predicate, []).append((route, number))

    def match(self, events: Sequence[Event], raw: Sequence[bytes | None] = ()) -> list[Match]:
        """In order of events, then of rules. `events` as `events.flat` gives them.

        `raw` are the lines of JSON they were read from, where there are any: it saves writing them again.
        """
        return self._match(Batch(events, self.program, self._router, raw))

    def match_frame(self, frame: pl.DataFrame, zone: str) -> list[Match]:
        """The same for a frame with the columns of EVENT: as `match` would say of `frames.objects` of its rows.

        Rows that no format could read (`qingdun.format` empty) are left out.
        """
        batch = Frame(frame, self.program, self._router, zone)
        found = self._match(batch)
        if len(batch.apart):
            rows = batch.apart.tolist()
            apart = self.match(objects(frame[rows], zone))
            found = sorted([*found, *(Match(rows[one.event], one.rule) for one in apart)], key=_place)
        return found

    def _match(self, batch: Held) -> list[Match]:
        hits: dict[int, Codes] = {}
        for column in batch.filled():
            if column in self._eager:
                hits |= self._scanner(column).scan(*batch.texts(column))
        self._search(batch, hits)
        awake: dict[int, set[int]] = {}
        for predicate in hits:
            for route, branch in self._woken.get(predicate, ()):
                awake.setdefault(route, set()).add(branch)
        found: dict[int, list[Codes]] = {}
        lazy: dict[int, Verdicts] = {}
        for route in sorted({route for block in batch.blocks for route in block.routes}):
            wanted = sorted(awake.get(route, set()).union(self._always[route]))
            if wanted:
                self._route(
                    _Route(batch, route, hits, lazy, self), [self.program.branches[route][n] for n in wanted], found
                )
        pairs = {(int(row), rule) for rule, several in found.items() for rows in several for row in rows}
        return [Match(row, rule) for row, rule in sorted(pairs)]

    def _search(self, batch: Held, hits: dict[int, Codes]) -> None:
        """Keywords, only in events whose routes have rules that look for them, and only those rules' keywords."""
        for routes, rows in batch.searched.items():
            if routes not in self._keywords:
                self._keywords[routes] = self._sought(routes)
            keywords = self._keywords[routes]
            for number, found in (batch.search(keywords, np.concatenate(rows)) if keywords else {}).items():
                hits[number] = np.concatenate([hits[number], found]) if number in hits else found

    def _sought(self, routes: tuple[int, ...]) -> Keywords | None:
        wanted = {
            number for route in routes for branch in self.program.branches[route] for number in keywords(branch.node)
        }
        eager = [(number, one) for number, one in self._eager.get(0, ()) if number in wanted]
        return Keywords(eager) if eager else None

    def _route(self, route: _Route, branches: list[Branch], found: dict[int, list[Codes]]) -> None:
        for branch in branches:
            if self.ledger.rests(branch.rule):
                continue
            self.ledger.begin(branch.rule)
            try:
                rows = route.rows(branch.node)
            except TooSlow:
                continue
            finally:
                self.ledger.end()
            if rows is not None and rows.any():
                found.setdefault(branch.rule, []).append(route.events[rows])

    def _scanner(self, column: int) -> Scanner:
        if column not in self._scanners:
            self._scanners[column] = Scanner(self._eager[column])
        return self._scanners[column]


class _Route:
    """The events of one batch that take one route, and the conditions worked out on them. `None` is no row."""

    def __init__(
        self, batch: Held, route: int, hits: dict[int, Codes], lazy: dict[int, Verdicts], engine: Engine
    ) -> None:
        self._batch, self._hits, self._lazy, self._engine = batch, hits, lazy, engine
        self._blocks = [block for block in batch.blocks if route in block.routes]
        self.events = np.concatenate([block.rows for block in self._blocks])
        self._columns: dict[int, Coded] = {}
        self._known: dict[In, Rows | None] = {}

    def rows(self, node: Node, alive: Rows | None = None) -> Rows | None:
        """Where the condition holds. Rows that are not `alive` do not matter: what is said of them may be wrong."""
        match node:
            case In():
                if node.lazy:
                    return self._in(node, alive)
                if node not in self._known:
                    self._known[node] = self._in(node, None)
                return self._known[node]
            case All(nodes):
                return self._all(nodes, alive)
            case Either(nodes):
                return self._any(nodes, alive)
            case Not(one):
                held = self.rows(one, alive)
                return self._full() if held is None else ~held
            case Null(column):
                return self._column(column).codes < 0
            case Exists(column):
                there: Rows = self._column(column).codes != ABSENT
                return there
            case Present(column):
                return self._column(column).codes >= 0
            case Same():
                return self._same(node)
            case Constant(holds):
                return self._full() if holds else None

    def _full(self) -> Rows:
        return np.ones(len(self.events), bool)

    def _all(self, nodes: tuple[Node, ...], alive: Rows | None) -> Rows | None:
        if any(map(self._dead, nodes)):
            return None
        held = alive
        for node in nodes:
            rows = self.rows(node, held)
            held = rows if held is None or rows is None else held & rows
            if held is None or not held.any():
                return None
        return held

    def _dead(self, node: Node) -> bool:
        """Is it plain without looking at rows that the condition holds nowhere?"""
        match node:
            case In(_, numbers, False):
                return self._hits.keys().isdisjoint(numbers)
            case All(nodes):
                return any(map(self._dead, nodes))
            case Either(nodes):
                return all(map(self._dead, nodes))
        return False

    def _any(self, nodes: tuple[Node, ...], alive: Rows | None) -> Rows | None:
        held: Rows | None = None
        for node in nodes:
            rows = self.rows(node, alive)
            if rows is not None:
                held = rows if held is None else held | rows
        return held

    def _column(self, column: int) -> Coded:
        if column not in self._columns:
            self._columns[column] = self._batch.coded(self._blocks, column)
        return self._columns[column]

    def _in(self, node: In, alive: Rows | None) -> Rows | None:
        if node.column == 0:
            return self._anywhere(node, alive)
        parts = [codes for number in node.predicates if (codes := self._codes(number, node, alive)) is not None]
        if not parts:
            return None
        coded = self._column(node.column)
        holds = np.zeros(len(self._batch.texts(node.column)[0]) + 2, bool)  # the last two stand for NULL and ABSENT
        for codes in parts:
            holds[codes] = True
        rows = holds[coded.codes]
        if len(coded.rows):
            rows[coded.rows[holds[coded.further]]] = True
        return rows

    def _anywhere(self, node: In, alive: Rows | None) -> Rows | None:
        """Keywords are found for events, not for values."""
        found = []
        for number in node.predicates:
            one = self._engine.program.predicates[number][1]
            if one.kind == "lazy":
                self._engine.ledger.glance()
                found.append(sought(one, self._batch.events, self.events if alive is None else self.events[alive]))
            elif number in self._hits:
                found.append(self._hits[number])
        if not found:
            return None
        holds = np.zeros(len(self._batch.events), bool)
        holds[np.concatenate(found)] = True
        rows: Rows = holds[self.events]
        return rows

    def _codes(self, number: int, node: In, alive: Rows | None) -> Codes | None:
        one = self._engine.program.predicates[number][1]
        if one.kind != "lazy":
            return self._hits.get(number)
        texts, _folded = self._batch.texts(node.column)
        verdicts = self._lazy.setdefault(number, np.full(len(texts), _UNTRIED, np.int8))
        coded = self._column(node.column)
        wanted = coded.codes if alive is None else coded.codes[alive]
        if len(coded.rows):
            wanted = np.concatenate([wanted, coded.further])
        wanted = np.unique(wanted[wanted >= 0])
        untried = wanted[verdicts[wanted] == _UNTRIED]
        if len(untried):
            self._look(one, node.column, untried, verdicts)
        good = wanted[verdicts[wanted] == 1]
        return good if len(good) else None

    def _look(self, one: Predicate, column: int, codes: Codes, verdicts: Verdicts) -> None:
        """Try these values; raises `TooSlow` when that takes too long."""
        check = one.check
        assert check is not None
        texts, folded = self._batch.texts(column)
        for begin in range(0, len(codes), _GLANCE):
            self._engine.ledger.glance()
            some = codes[begin : begin + _GLANCE]
            verdicts[some] = [check(texts[code], folded[code]) for code in some.tolist()]

    def _same(self, node: Same) -> Rows:
        one, other = self._column(node.column), self._column(node.other)
        (_texts, left), (_others, right) = self._batch.texts(node.column), self._batch.texts(node.other)
        rows = np.zeros(len(self.events), bool)
        ones, others = _pairs(one, len(rows)), _pairs(other, len(rows))
        known: dict[tuple[int, int], bool] = {}
        for row, (some, several) in enumerate(zip(ones, others, strict=True)):
            rows[row] = any(
                known.setdefault((a, b), _alike(left[a], right[b], node.starts, node.ends))
                if (a, b) not in known
                else known[a, b]
                for a in some
                for b in several
            )
        return rows


def _alike(value: str, other: str, starts: bool, ends: bool) -> bool:
    if starts and ends:
        return other in value
    if starts:
        return value.startswith(other)
    return value.endswith(other) if ends else value == other


def _pairs(coded: Coded, count: int) -> list[list[int]]:
    """Every event's codes."""
    several = [[code] if code >= 0 else [] for code in coded.codes.tolist()]
    for row, code in zip(coded.rows.tolist(), coded.further.tolist(), strict=True):
        several[row].append(code)
    assert len(several) == count
    return several
