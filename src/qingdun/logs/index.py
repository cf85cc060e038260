"""A small file beside each compacted Parquet file of the lake, telling which row groups cannot hold a needle.

For every row group a set of hashes is kept: each distinct value of the exact columns, and each run of four and of six
bytes of the text columns and the raw line (a–z and A–Z alike). Sets are stored bit-sliced: one slot holds one bit for
every row group, so a probe reads one place per hash for the whole file. A set never misses what is there; what it
wrongly reports costs only the reading of that row group. Searches are right without any index.

Layout of `.<name>.index`: one line of JSON (padded with spaces to a page), then `slots` × `width` bytes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from qingdun.logs.core.columns import EVENT, TEXT

VERSION = 1
LINE = "event.original"
#: Text columns whose pieces are searched; all but the batch key, which nobody looks for.
PIECES = tuple(name for name, kind in EVENT.items() if kind == TEXT and name not in ("qingdun.batch", "qingdun.extra"))
#: Columns looked up by whole value.
EXACT = tuple(
    name
    for name, kind in EVENT.items()
    if name not in ("@timestamp", "event.ingested", "qingdun.batch", "qingdun.row", "qingdun.count", "qingdun.extra")
    and name not in (LINE, "message", "http.response.body.bytes")
)
SHORT, LONG = 4, 6  # bytes in a piece: short ones for short needles, long ones because short ones are soon all present

_PAGE = 4096
_MOST = 1 << 23  # slots in which the hashes of a row group are collected before they are folded
_LEAST = 1 << 10
_FULL = 0.15  # fold while the share of slots in use is below this
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SALTS = (0x85EBCA6B, 0xC2B2AE35)  # an exact value sets two slots
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32
_STEP = 1 << 18

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Group:
    """One row group: its first row within the file, its rows, and the microseconds of its first and last event."""

    first: int
    rows: int
    earliest: int
    latest: int


class Index:
    """The index of one Parquet file, opened."""

    def __init__(self, groups: tuple[Group, ...], table: npt.NDArray[np.uint8]) -> None:
        self.groups = groups
        self._table = table

    def may_hold(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each row group: could it hold something that has all these hashes?"""
        if not len(hashes):
            return np.ones(len(self.groups), dtype=bool)
        slots = self._table[hashes & np.uint64(len(self._table) - 1)]
        return np.unpackbits(np.bitwise_and.reduce(slots, axis=0), count=len(self.groups)).astype(bool)


def sidecar(path: Path) -> Path:
    return path.with_name(f".{path.name}.index")


def build(path: Path) -> Path:
    """Write the index of one Parquet file, whole or not at all. About 0.3 s per 65,536 rows."""
    source = pq.ParquetFile(path)
    sets = [_set_of(source.read_row_group(number)) for number in range(source.num_row_groups)]
    slots = max((len(one) for one in sets), default=1)
    table = _sliced([_fold(one, slots) for one in sets], slots)
    head = {
        "version": VERSION,
        "size": path.stat().st_size,
        "slots": slots,
        "groups": [(one.first, one.rows, one.earliest, one.latest) for one in _groups(source)],
    }
    text = json.dumps(head).encode()
    target = sidecar(path)
    scratch = target.with_suffix(".tmp")
    with scratch.open("wb") as out:
        out.write(text.ljust(-(-(len(text) + 1) // _PAGE) * _PAGE - 1) + b"\n")
        out.write(table.tobytes())
    scratch.replace(target)
    return target


def sweep(folder: Path) -> int:
    """Remove indices whose Parquet file is gone; how many."""
    orphans = [one for one in folder.rglob(".*.index") if not one.with_name(one.name[1:-6]).exists()]
    for orphan in orphans:
        orphan.unlink(missing_ok=True)
    return len(orphans)


def load(path: Path) -> Index | None:
    """The index of a Parquet file, None when there is none or it is not this file's."""
    try:
        stat = sidecar(path).stat()
        return _load(path, stat.st_mtime_ns, path.stat().st_size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _load(path: Path, _written: int, size: int) -> Index | None:
    file = sidecar(path)
    try:
        with file.open("rb") as opened:
            text = opened.readline()
        head: dict[str, Any] = json.loads(text)
        if head["version"] != VERSION or head["size"] != size:
            return None
        width = -(-len(head["groups"]) // 8)
        table = np.memmap(file, np.uint8, "r", len(text), (head["slots"], width))
    except (OSError, ValueError, KeyError):
        return None
    return Index(tuple(Group(*one) for one in head["groups"]), table)


def hashes_of_piece(text: str) -> Hashes:
    """What a row group must hold to hold `text` inside a text column or the raw line; empty when too short to tell."""
    raw = _LOWER[np.frombuffer(text.encode(), np.uint8)]
    found = [_pieces(raw, size) for size in (SHORT, LONG) if len(raw) >= size]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)


def hashes_of_value(column: str, value: object) -> Hashes:
    """What a row group must hold to hold exactly `value` in `column`."""
    return np.fromiter(_value_hashes(column, [str(value)]), np.uint64)


def _value_hashes(column: str, values: Iterable[str]) -> Iterable[int]:
    salt = zlib.crc32(column.encode())
    mix, mask = int(_MIX), (1 << 64) - 1
    for value in values:
        key = zlib.crc32(value.encode("utf-8", "surrogatepass"), salt)
        for extra in _SALTS:
            yield ((key * extra ^ salt) * mix & mask) >> 32


def _pieces(raw: npt.NDArray[np.uint8], size: int) -> Hashes:
    """The hash of every run of `size` bytes. The eight bytes from each place are one unaligned number."""
    padded = np.concatenate([raw, np.zeros(8, np.uint8)])
    runs: Hashes = np.ndarray((len(raw) - size + 1,), "<u8", padded.data, strides=(1,))
    mixed: Hashes = (runs & np.uint64((1 << 8 * size) - 1)) * _MIX
    return mixed >> np.uint64(32)


def _set_of(rows: pa.Table) -> npt.NDArray[np.bool_]:
    frame = pl.DataFrame(rows)
    found = np.zeros(min(_MOST, max(_LEAST, 1 << int(frame.estimated_size()).bit_length() + 1)), dtype=bool)
    last = np.uint64(len(found) - 1)
    for column in frame.columns:
        if column in PIECES and column != LINE:
            _add_pieces(found, frame[column].unique())
        if column in EXACT:
            values = frame[column].drop_nulls().unique().cast(pl.String).to_list()
            found[np.fromiter(_value_hashes(column, values), np.uint64) & last] = True
    if LINE in frame.columns:
        _add_pieces(found, frame[LINE])
    return _folded(found)


def _add_pieces(found: npt.NDArray[np.bool_], texts: pl.Series) -> None:
    joined = texts.drop_nulls().cast(pl.Binary).to_arrow().cast(pa.large_binary())
    if not len(joined):
        return
    raw = _LOWER[np.frombuffer(joined.buffers()[2], np.uint8)]
    last = np.uint64(len(found) - 1)
    for start in range(0, len(raw), _STEP):  # in steps that stay in the processor's cache
        for size in (SHORT, LONG):
            part = raw[start : start + _STEP + size - 1]
            if len(part) >= size:
                found[_pieces(part, size) & last] = True


def _folded(found: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    used = int(found.sum())
    while len(found) > _LEAST and used < _FULL * len(found):
        found = found[: len(found) // 2] | found[len(found) // 2 :]
        used = int(found.sum())
    return found


def _fold(found: npt.NDArray[np.bool_], slots: int) -> npt.NDArray[np.bool_]:
    """Widen a smaller set to `slots`: a slot of the small one stands for all that folded into it."""
    return np.tile(found, slots // len(found))


def _sliced(sets: Sequence[npt.NDArray[np.bool_]], slots: int) -> npt.NDArray[np.uint8]:
    table = np.zeros((slots, -(-len(sets) // 8)), np.uint8)
    for number, one in enumerate(sets):
        table[:, number // 8] |= one.astype(np.uint8) << (7 - number % 8)
    return table


def _groups(source: pq.ParquetFile) -> list[Group]:
    groups, first = [], 0
    for number in range(source.num_row_groups):
        rows = source.metadata.row_group(number).num_rows
        times = pl.Series(source.read_row_group(number, columns=["@timestamp"])["@timestamp"]).dt.epoch("us")
        groups.append(Group(first, rows, int(times.min() or 0), int(times.max() or 0)))  # type: ignore[arg-type]
        first += rows
    return groups
