"""Events of the lake as the engine wants them, straight from their columns: no event becomes an object of its own.

A column is encoded once (Arrow's dictionary), each distinct value is looked at once, and the routes are found once for
each combination of what tells an event's origin. The few rows whose own JSON (`qingdun.extra`, `event.original`) may
hold a field that a rule of their routes names are left to the engine's other way, as objects (`objects`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, overload
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa

from qingdun.detection.core.columns import ABSENT, Block, Cells, Coded, Codes, Router
from qingdun.detection.core.events import OURS, Event, flat
from qingdun.detection.core.folding import fold
from qingdun.detection.core.keywords import Keywords
from qingdun.detection.core.program import EVERYWHERE, Program

NUMBERING = ("qingdun.batch", "qingdun.row")  # an event's identity: no word of its own
#: Windows' envelopes give fields other names (`events.flat`); an escaped letter may hide a name.
_ALWAYS = ('"Event"', '"winlog"', '"Event.System.', "\\u00")
_OPENINGS = ('":{', '": {', '":[', '": [', '" :')


def objects(frame: pl.DataFrame, zone: str) -> list[Event]:
    """Every row as an object, as rules name its fields; empty columns are absent. Times are local to `zone`."""
    spoken = frame.select(_spoken(kind, name, zone) for name, kind in frame.schema.items() if name not in NUMBERING)
    return [
        flat({name: value for name, value in row.items() if value is not None}) for row in spoken.iter_rows(named=True)
    ]


def _spoken(kind: pl.DataType, name: str, zone: str) -> pl.Expr:
    """Times are written as local to the installation: rules ask for the hour and the day (Sigma, "Time")."""
    if kind.is_temporal():
        return pl.col(name).dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").alias(name)
    return pl.col(name)


class Objects(Sequence[Event]):
    """Rows of a frame that become objects only when they are asked for."""

    def __init__(self, frame: pl.DataFrame, zone: str) -> None:
        self._frame = frame.drop(NUMBERING, strict=False)
        self._zone = ZoneInfo(zone)
        self._made: dict[int, Event] = {}

    def __len__(self) -> int:
        return self._frame.height

    @overload
    def __getitem__(self, row: int) -> Event: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Event]: ...
    def __getitem__(self, row: int | slice) -> Event | Sequence[Event]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if row not in self._made:
            said = self._frame.row(row, named=True).items()
            self._made[row] = flat({n: self._local(value) for n, value in said if value is not None})
        return self._made[row]

    def _local(self, value: Any) -> Any:
        """As `_spoken` writes it."""
        return value.astimezone(self._zone).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


class Frame:
    """What the engine asks of a batch (`columns.Held`), answered from a frame with the columns of EVENT.

    `apart` are the rows that must go the other way; they are in no block.
    """

    def __init__(self, frame: pl.DataFrame, program: Program, router: Router, zone: str) -> None:
        self.events: Sequence[Event] = Objects(frame, zone)
        self.searched: defaultdict[tuple[int, ...], list[Codes]] = defaultdict(list)
        self.blocks: list[Block] = []
        self._frame, self._program, self._zone = frame, program, zone
        self._encoded: dict[int, tuple[list[str], list[str], Codes]] = {}
        self._known: dict[str, tuple[list[str], list[str], Codes]] = {}  # columns searched for keywords
        self._needed: dict[int, list[Codes]] = {}
        apart: list[Codes] = []
        for rows, origin in self._origins():
            routes, columns = router.find(origin)
            odd = self._odd(rows, columns)
            apart.append(rows[odd])
            if routes and not odd.all():
                self._add(rows[~odd], routes, columns)
        self.apart: Codes = np.sort(np.concatenate(apart)) if apart else np.empty(0, np.int64)

    # --- blocks -----------------------------------------------------------------------------------------------------

    def _origins(self) -> Iterator[tuple[Codes, tuple[str | None, ...]]]:
        """Rows by what they say of their origin. A line that no format could read has none and is left out."""
        identity = self._program.identity
        there = [name for name in identity if name in self._frame.columns and name != "qingdun.format"]
        numbered = self._frame.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("_row"), "qingdun.format", *there)
        read = numbered.filter(pl.col("qingdun.format").is_not_null())
        for row in read.group_by("qingdun.format", *there).agg("_row").iter_rows(named=True):
            said = {name: None if row.get(name) is None else fold(str(row[name])) for name in identity}
            yield np.array(row["_row"], np.int64), tuple(said[name] for name in identity)

    def _add(self, rows: Codes, routes: tuple[int, ...], columns: tuple[int, ...]) -> None:
        block = Block(rows, routes)
        for column in columns:
            if self._program.columns[column] == EVERYWHERE:
                self.searched[routes].append(rows)
            elif self._ours(column):
                block.columns[column] = Cells()
                self._needed.setdefault(column, []).append(rows)
        self.blocks.append(block)

    def _ours(self, column: int) -> list[str]:
        """Which of our columns may hold it, the first with a value wins."""
        return [n for n in self._program.columns[column] if n in self._frame.columns and n not in NUMBERING]

    def _odd(self, rows: Codes, columns: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows may hold, in JSON of their own, a field that tells their origin or that their rules look at."""
        names = {name for column in columns for name in self._program.columns[column]}
        asked = sorted({*names, *self._program.identity} - {"*"})
        whole, inner = _openings(asked, frozenset(self._frame.columns))
        own = self._frame.select(_own_json()[0].alias("line"), _own_json()[1].alias("extra"))[rows]
        held = np.zeros(len(rows), bool)
        for name in own.columns:
            there = own[name].is_not_null()
            if there.any() and (whole or inner):
                found = own[name].str.contains_any([*whole, *inner, *_ALWAYS]).fill_null(value=False)
                held |= found.to_numpy()
        return held

    # --- values -----------------------------------------------------------------------------------------------------

    def filled(self) -> list[int]:
        """The columns that any block needs."""
        return list(self._needed)

    def texts(self, column: int) -> tuple[list[str], list[str]]:
        """The column's distinct values, and the same folded."""
        held = self._column(column)
        return held[0], held[1]

    def coded(self, blocks: Sequence[Block], column: int) -> Coded:
        """A column of some blocks, one after the other, in numbers."""
        if column not in self._needed:
            return Coded(np.full(sum(len(block.rows) for block in blocks), ABSENT, np.int64))
        _texts, _folded, codes = self._column(column)
        parts = [
            codes[block.rows] if column in block.columns else np.full(len(block.rows), ABSENT, np.int64)
            for block in blocks
        ]
        return Coded(np.concatenate(parts))

    def _column(self, column: int) -> tuple[list[str], list[str], Codes]:
        if column not in self._encoded:
            if column in self._needed:
                self._encoded[column] = self._encode(self._ours(column), np.concatenate(self._needed[column]))
            else:
                self._encoded[column] = [], [], np.full(len(self.events), ABSENT, np.int64)
        return self._encoded[column]

    def _encode(self, names: Sequence[str], rows: Codes) -> tuple[list[str], list[str], Codes]:
        """Distinct values of these rows, and for every row of the frame the number of its value."""
        schema = self._frame.schema
        spoken = [_spoken(schema[name], name, self._zone).cast(pl.String) for name in names]
        some = self._frame.select(names) if len(rows) == self._frame.height else self._frame.select(names)[rows]
        values = some.select(spoken[0] if len(spoken) == 1 else pl.coalesce(spoken))
        encoded = values.to_series().to_arrow().dictionary_encode()
        codes = np.full(self._frame.height, ABSENT, np.int64)
        at = np.arange(self._frame.height) if len(rows) == self._frame.height else rows
        codes[at] = encoded.indices.fill_null(ABSENT).to_numpy(zero_copy_only=False)
        texts = encoded.dictionary.to_pylist()
        return texts, _folded(encoded.dictionary, texts), codes

    # --- keywords ---------------------------------------------------------------------------------------------------

    def search(self, keywords: Keywords, rows: Codes) -> dict[int, Codes]:
        """Predicate → the rows, of `rows`, that hold it in any value."""
        found: dict[int, list[Codes]] = {}
        for name in self._frame.columns:
            if name in NUMBERING or self._frame[name].null_count() == self._frame.height:
                continue
            texts, folded, codes = self._searched_column(name)
            here = codes[rows]
            for number, values in keywords.scanner.scan(texts, folded).items():
                holds = np.zeros(len(texts) + 1, bool)  # the last stands for ABSENT
                holds[values] = True
                found.setdefault(number, []).append(rows[holds[here]])
        for number, some in self._in_json(keywords, rows).items():
            found.setdefault(number, []).append(some)
        joined = {number: np.unique(np.concatenate(parts)) for number, parts in found.items()}
        return {number: some for number, some in joined.items() if len(some)}

    def _searched_column(self, name: str) -> tuple[list[str], list[str], Codes]:
        if name not in self._known:
            self._known[name] = self._encode(
                [name], np.concatenate([r for each in self.searched.values() for r in each])
            )
        return self._known[name]

    def _in_json(self, keywords: Keywords, rows: Codes) -> dict[int, Codes]:
        """What stands in a line's own JSON was written in its escapes; the line is searched as JSON."""
        own = self._lines
        suspects = rows[[own[row] is not None for row in rows.tolist()]]
        return keywords.rows(self.events, own, suspects) if len(suspects) else {}

    @cached_property
    def _lines(self) -> list[bytes | None]:
        line, extra = _own_json()
        both = pl.concat_str([line, extra], separator="\n", ignore_nulls=True)
        there = line.is_not_null() | extra.is_not_null()
        joined = self._frame.select(pl.when(there).then(both).cast(pl.Binary).alias("own"))
        return joined["own"].to_list()


def _own_json() -> tuple[pl.Expr, pl.Expr]:
    """The JSON in a line as it came, and what the device said beyond our columns."""
    extra, line = (pl.col(name) for name in OURS)
    holds = line.str.contains("{", literal=True) & line.str.strip_chars_end().str.ends_with("}")
    return pl.when(holds).then(line), extra


def _openings(names: Iterable[str], columns: frozenset[str]) -> tuple[list[str], list[str]]:
    """What JSON that holds a field must have in it: the name as a key, or what stands before a dot as an object's."""
    whole: set[str] = set()
    inner: set[str] = set()
    for name in names:
        if name not in columns:
            whole.add(f'"{name}"')
        at = name.find(".")
        while at > 0:
            inner.update(f'"{name[:at]}{opening}' for opening in _OPENINGS)
            at = name.find(".", at + 1)
    return sorted(whole), sorted(inner)


def _folded(column: pa.Array, texts: list[str]) -> list[str]:
    """Folding one by one is only for what is not plain ASCII."""
    lowered: list[str] = pl.Series(column).str.to_lowercase().to_list() if texts else []
    return [low if text.isascii() else fold(text) for low, text in zip(lowered, texts, strict=True)]
