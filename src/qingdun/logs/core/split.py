"""A datagram, a file line or an HTTP record may hold several records; cut before reading, in order.

Cut are a JSON array of objects, inner line ends, and several `<PRI>` records in one datagram.
"""

from __future__ import annotations

import re

import orjson
import polars as pl

#: A PRI that follows a record: after a line end or NUL, or glued on where a time or a version comes next.
_GLUED = re.compile(rb"(?<=.)(?=<\d{1,3}>(?:1 \d{4}-|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ]))")
_ENDS = re.compile(rb"[\r\n\x00]+")


def records(raw: pl.DataFrame) -> pl.DataFrame:
    """The same columns, with as many rows per input row as it holds records; empty ones are dropped."""
    data = pl.col("raw")
    glued = data.bin.slice(1).bin.contains(b"<")
    several = data.bin.contains(b"\n") | data.bin.contains(b"\x00") | data.bin.starts_with(b"[") | glued
    flagged = raw.with_columns(several.fill_null(False).alias("/several"))
    if not flagged["/several"].any():
        return raw.filter(data.bin.size() > 0)
    rows = flagged.select("raw", "/several").rows()
    cut = [_records(value) if some else [value] for value, some in rows]
    return (
        raw.with_columns(pl.Series("raw", cut, dtype=pl.List(pl.Binary())))
        .explode("raw")
        .filter(data.is_not_null() & (data.bin.size() > 0))
        .select(raw.columns)
    )


def _records(value: bytes | None) -> list[bytes]:
    if not value:
        return []
    if value.lstrip().startswith(b"[") and (array := _array(value)):
        return array
    return [part for line in _ENDS.split(value) for part in _GLUED.split(line) if part.strip()]


def _array(value: bytes) -> list[bytes]:
    try:
        items = orjson.loads(value)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return []
    return [orjson.dumps(item) for item in items]
