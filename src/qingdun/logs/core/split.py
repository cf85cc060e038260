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
    body = data.bin.slice(
        0, (data.bin.size().cast(pl.Int64) - 2).clip(0)
    )  # a line end behind the only record does no harm
    ends = body.bin.contains(b"\n") | body.bin.contains(b"\x00")
    several = ends | data.bin.starts_with(b"[") | data.bin.slice(1).bin.contains(b"<")
    flagged = raw.with_row_index("/at").with_columns(several.fill_null(False).alias("/several"))
    plain, some = flagged.filter(~pl.col("/several")), flagged.filter("/several")
    if some.height:
        cut = pl.Series("raw", [_records(value) for value in some["raw"].to_list()], dtype=pl.List(pl.Binary()))
        plain = pl.concat([plain, some.with_columns(cut).explode("raw")]).sort("/at", maintain_order=True)
    return plain.filter(data.is_not_null() & (data.bin.size() > 0)).select(raw.columns)


def _records(value: bytes) -> list[bytes]:
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
