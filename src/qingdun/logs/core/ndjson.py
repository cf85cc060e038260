"""Events → NDJSON, by columns: ECS names flat, nothing written for what is null, leftovers as `labels.*`."""

from __future__ import annotations

import polars as pl

from qingdun.logs.core.columns import EVENT, TEXT

#: In JSON text an unescaped quote before a name and `:null` can only be a key: values escape theirs.
_NULL = r'"[\w.@/]+":null,'
_MEMBER = r'"([^"\\]*(?:\\.[^"\\]*)*)":("[^"\\]*(?:\\.[^"\\]*)*")'
_LAST = "event.original"  # never null, so no comma is left hanging
_STAMP = "%Y-%m-%dT%H:%M:%S%.f%:z"


def encode(events: pl.DataFrame, zone: str) -> pl.Series:
    """One JSON object per row, without line ends. Columns beyond EVENT are written as well; times in `zone`."""
    order = events.with_row_index("/at").with_columns(
        pl.col(name).dt.convert_time_zone(zone).dt.to_string(_STAMP) for name in ("@timestamp", "event.ingested")
    )
    parts = [_object(part) for part in order.partition_by("qingdun.format", "error.message")]
    return pl.concat(parts).sort("/at")["json"] if parts else pl.Series("json", [], dtype=TEXT)


def _object(part: pl.DataFrame) -> pl.DataFrame:
    """Events of one kind have the same few columns, so whole empty columns go before anything is written."""
    beyond = [name for name in part.columns if name not in EVENT and name != "/at"]
    names = [*(name for name in EVENT if name not in (_LAST, "qingdun.extra")), *beyond]
    held = [name for name in names if part[name].null_count() < part.height]
    text = pl.struct(*held, _LAST).struct.json_encode()
    if any(part[name].null_count() for name in held):
        text = text.str.replace_all(_NULL, "")
    extra = pl.col("qingdun.extra").str.replace_all(_MEMBER, '"labels.${1}":${2}').str.strip_prefix("{")
    text = pl.when(extra.is_null()).then(text).otherwise(pl.concat_str(text.str.strip_suffix("}"), pl.lit(","), extra))
    return part.select("/at", text.alias("json"))
