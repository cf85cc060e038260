"""Keywords: texts sought in all values of an event (rules specification, "Keywords search").

Taking every event apart for the few rules that ask for it would cost more than all other rules together. So the events
are first written as JSON, end to end, and the keywords sought in that as JSON would write them; only the events that
may hold one are taken apart and looked at value by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress

import hyperscan
import numpy as np
import orjson
from numpy.typing import NDArray

from qingdun.detection.core.events import Event, leaves
from qingdun.detection.core.folding import fold
from qingdun.detection.core.predicates import Predicate
from qingdun.detection.core.scanner import Scanner

Codes = NDArray[np.int64]
_FOLD_TO_ASCII = ("\u212a", "\u017f")  # the Kelvin sign and the long s
_PORTION = 512  # events looked at together: what one scan joins stays in the processor's cache


class Keywords:
    """Built once for all keywords; `rows` is called for each batch."""

    def __init__(self, predicates: Iterable[tuple[int, Predicate]]) -> None:
        self._known = dict(predicates)
        wanted: dict[bytes, list[int]] = {}
        for number, one in self._known.items():
            wanted.setdefault(_as_json(one.literal), []).append(number)
        # Keywords in ASCII need no folding of other letters, except where one of the two that fold to ASCII stands.
        self._ascii = all(literal.isascii() for literal in wanted)
        for letter in _FOLD_TO_ASCII if self._ascii else ():
            wanted[letter.encode()] = list(self._known)
        self._literals = list(wanted)
        self._numbers = list(wanted.values())
        self._database: hyperscan.Database | None = None
        self._scanner: Scanner | None = None

    @property
    def scanner(self) -> Scanner:
        """The same predicates for values that stand in columns."""
        if self._scanner is None:
            self._scanner = Scanner(self._known.items())
        return self._scanner

    def rows(self, events: Sequence[Event], raw: Sequence[bytes | None], wanted: Codes) -> dict[int, Codes]:
        """Predicate → the events (their numbers, of `wanted`) that hold it. `raw` as for `Engine.match`."""
        suspects: dict[int, list[int]] = {}
        for begin in range(0, len(wanted), _PORTION):
            portion = wanted[begin : begin + _PORTION].tolist()
            written = _all_written(events, raw, portion)
            for row, numbers in self._suspects(portion, written):
                suspects.setdefault(row, []).extend(numbers)
        found: dict[int, list[int]] = {}
        for row, numbers in suspects.items():
            values = [(value, fold(value)) for value in leaves(events[row])]
            for number in dict.fromkeys(numbers):
                if any(holds(self._known[number], value, folded) for value, folded in values):
                    found.setdefault(number, []).append(row)
        return {number: np.array(rows, np.int64) for number, rows in found.items()}

    def _suspects(self, rows: list[int], written: list[bytes]) -> Iterable[tuple[int, list[int]]]:
        if self._ascii:
            text = b"\n".join(written).lower()
        else:
            written = [line.lower() if line.isascii() else _folded(line) for line in written]
            text = b"\n".join(written)
        hits: list[tuple[int, int]] = []
        self._scan(text, hits)
        if not hits:
            return []
        limits = np.cumsum(np.array([len(line) for line in written], np.int64) + 1) - 1
        at = np.searchsorted(limits, np.array([end for _literal, end in hits]))
        return [(rows[place], self._numbers[literal]) for place, (literal, _end) in zip(at.tolist(), hits, strict=True)]

    def _scan(self, text: bytes, hits: list[tuple[int, int]]) -> None:
        if self._database is None:
            count = len(self._literals)
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=self._literals, ids=list(range(count)), elements=count, flags=[0] * count, literal=True
            )
        self._database.scan(text, match_event_handler=lambda number, _start, end, *_rest: hits.append((number, end)))


def holds(one: Predicate, value: str, folded: str) -> bool:
    """The predicate on one value."""
    match one.kind:
        case "contains":
            return one.literal in folded
        case "equals":
            return one.literal == folded
        case "starts":
            return folded.startswith(one.literal)
        case "ends":
            return folded.endswith(one.literal)
        case "verify" | "lazy":
            return one.check is not None and one.check(value, folded)


def sought(one: Predicate, events: Sequence[Event], rows: Codes) -> Codes:
    """The same without a first look, for what has no literal to look for."""
    found = [any(holds(one, value, fold(value)) for value in leaves(events[row])) for row in rows.tolist()]
    return np.array(list(compress(rows.tolist(), found)), np.int64)


@cache
def _escapes() -> hyperscan.Database:
    """Where JSON may be written in another way than ours: a slash, or any character, by an escape."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[b"\\u", b"\\/"], ids=[0, 1], elements=2, flags=[0, 0], literal=True)
    return database


def _all_written(events: Sequence[Event], raw: Sequence[bytes | None], rows: list[int]) -> list[bytes]:
    lines = [raw[row] or b"" for row in rows] if raw else [b""] * len(rows)
    joined = b"\n".join(lines)
    ends: list[int] = []
    if raw:
        _escapes().scan(joined, match_event_handler=lambda _number, _start, end, *_rest: ends.append(end))
    real = [end for end in ends if _is_escape(joined, end - 2)]  # in `\\u` the first backslash escapes the second
    limits = np.cumsum(np.array([len(line) for line in lines], np.int64) + 1) - 1
    odd = set(np.searchsorted(limits, np.array(real, np.int64)).tolist()) if real else set()
    return [
        line if line and place not in odd else _written(events[row])
        for place, (row, line) in enumerate(zip(rows, lines, strict=True))
    ]


def _is_escape(text: bytes, at: int) -> bool:
    """Is the backslash at this place the first of its pair?"""
    begin = at
    while begin > 0 and text[begin - 1] == 92:
        begin -= 1
    return (at - begin) % 2 == 0


def _written(event: Event) -> bytes:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):
        return b" ".join(_as_json(value) for value in leaves(event))


def _folded(line: bytes) -> bytes:
    return fold(line.decode("utf-8", "replace")).encode("utf-8", "replace")


def _as_json(text: str) -> bytes:
    return orjson.dumps(text.encode("utf-8", "replace").decode())[1:-1]
