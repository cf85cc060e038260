"""All literals of one column, sought in all its distinct values in one pass of Hyperscan.

The folded values are joined by a byte that UTF-8 never holds, so that no literal is found across two of them; a hit's
end says which value it lies in (`searchsorted`), and its place within says whether the value starts or ends with it.
Literals are not expressions here: Hyperscan's literal mode is four times as fast (domain notes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import hyperscan
import numpy as np
from numpy.typing import NDArray

from qingdun.detection.core.predicates import Check, Predicate

Codes = NDArray[np.int64]
LONG = 1 << 15  # bytes; in a value beyond this a literal is reported once, lest one value flood us with hits
_BETWEEN = b"\xff"


class Scanner:
    """Built once for a column; `scan` is called for each batch."""

    def __init__(self, predicates: Iterable[tuple[int, Predicate]]) -> None:
        self._equals: dict[str, int] = {}
        self._literals: dict[str, int] = {}
        self._verify: list[tuple[int, int, Check]] = []
        places: dict[str, list[tuple[int, int]]] = {"contains": [], "starts": [], "ends": []}
        for number, one in predicates:
            if one.kind == "equals":
                self._equals[one.literal] = number
                continue
            literal = self._literals.setdefault(one.literal, len(self._literals))
            if one.kind == "verify" and one.check is not None:
                self._verify.append((literal, number, one.check))
            else:
                places[one.kind].append((literal, number))
        count = len(self._literals)
        self._contains, self._starts, self._ends = (_table(count, places[kind]) for kind in places)
        self._bytes = [text.encode("utf-8", "surrogatepass") for text in self._literals]
        self._lengths = np.fromiter(map(len, self._bytes), np.int64, count)
        self._many = self._database(0) if count else None
        self._once: hyperscan.Database | None = None

    def _database(self, flags: int) -> hyperscan.Database:
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        count = len(self._bytes)
        database.compile(
            expressions=self._bytes, ids=list(range(count)), elements=count, flags=[flags] * count, literal=True
        )
        return database

    def scan(self, texts: Sequence[str], folded: Sequence[str]) -> dict[int, Codes]:
        """Predicate → the codes (positions in `texts`) of the values it holds for, ascending; without empty ones."""
        found: dict[int, list[Codes]] = {}
        equals = self._equals
        for code, value in enumerate(folded):
            if value in equals:
                found.setdefault(equals[value], []).append(np.array([code]))
        if self._many is not None and folded:
            self._literal_hits(texts, folded, found)
        return {number: np.unique(np.concatenate(parts)) for number, parts in found.items()}

    def _literal_hits(self, texts: Sequence[str], folded: Sequence[str], found: dict[int, list[Codes]]) -> None:
        encoded = [value.encode("utf-8", "surrogatepass") for value in folded]
        sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
        usual = np.flatnonzero(sizes <= LONG)
        if len(usual) == len(encoded):
            self._place(self._hits(encoded, sizes), usual, sizes, found, texts, folded)
        else:
            self._place(self._hits([encoded[code] for code in usual], sizes[usual]), usual, sizes, found, texts, folded)
            for code in np.flatnonzero(sizes > LONG):
                self._one_long(int(code), encoded[code], texts, folded, found)

    def _hits(self, encoded: list[bytes], sizes: Codes) -> tuple[Codes, Codes, Codes]:
        """(literal, position of the value, start within it) of every hit."""
        ids: list[int] = []
        ends: list[int] = []
        add_id, add_end = ids.append, ends.append

        def hit(literal: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add_id(literal)
            add_end(end)

        assert self._many is not None
        self._many.scan(_BETWEEN.join(encoded), match_event_handler=hit)
        literal, end = np.array(ids, np.int64), np.array(ends, np.int64)
        limits = np.cumsum(sizes + 1) - 1  # where each value ends
        row = np.searchsorted(limits, end)
        return literal, row, end - self._lengths[literal] - (limits[row] - sizes[row])

    def _place(
        self,
        hits: tuple[Codes, Codes, Codes],
        codes: Codes,
        sizes: Codes,
        found: dict[int, list[Codes]],
        texts: Sequence[str],
        folded: Sequence[str],
    ) -> None:
        literal, row, start = hits
        code = codes[row]
        _gather(self._contains[literal], code, found)
        first = start == 0
        _gather(self._starts[literal[first]], code[first], found)
        last = start + self._lengths[literal] == sizes[code]
        _gather(self._ends[literal[last]], code[last], found)
        if self._verify:
            self._check(literal, code, texts, folded, found)

    def _check(
        self,
        literal: Codes,
        code: Codes,
        texts: Sequence[str],
        folded: Sequence[str],
        found: dict[int, list[Codes]],
    ) -> None:
        seen = set(np.unique(literal).tolist())
        for wanted, number, check in self._verify:
            if wanted in seen:
                suspects = np.unique(code[literal == wanted]).tolist()
                good = [suspect for suspect in suspects if check(texts[suspect], folded[suspect])]
                if good:
                    found.setdefault(number, []).append(np.array(good))

    def _one_long(
        self, code: int, value: bytes, texts: Sequence[str], folded: Sequence[str], found: dict[int, list[Codes]]
    ) -> None:
        if self._once is None:
            self._once = self._database(hyperscan.HS_FLAG_SINGLEMATCH)
        hits: list[int] = []
        self._once.scan(value, match_event_handler=lambda literal, *_rest: hits.append(literal))
        here = np.array([code])
        for literal in hits:
            for table, holds in (
                (self._contains, True),
                (self._starts, value.startswith(self._bytes[literal])),
                (self._ends, value.endswith(self._bytes[literal])),
            ):
                if holds and table[literal] >= 0:
                    found.setdefault(int(table[literal]), []).append(here)
        if self._verify and hits:
            self._check(np.array(hits), np.full(len(hits), code), texts, folded, found)


def _table(count: int, pairs: list[tuple[int, int]]) -> Codes:
    table = np.full(count, -1, np.int64)
    for literal, number in pairs:
        table[literal] = number
    return table


def _gather(numbers: Codes, codes: Codes, found: dict[int, list[Codes]]) -> None:
    """Spread hits over the predicates they are hits of."""
    wanted = numbers >= 0
    numbers, codes = numbers[wanted], codes[wanted]
    if not len(numbers):
        return
    order = np.argsort(numbers, kind="stable")
    numbers, codes = numbers[order], codes[order]
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    for number, part in zip(numbers[np.r_[0, cuts]].tolist(), np.split(codes, cuts), strict=True):
        found.setdefault(number, []).append(part)
