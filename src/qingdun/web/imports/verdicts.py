"""The stored preview: one row of Parquet for each row of the table, read back page by page."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from qingdun.web.core.tables.read import ROW
from qingdun.web.imports.rows import Fault, Row, What

SCHEMA = {ROW: pl.UInt32, "what": pl.String, "label": pl.String, "changes": pl.String, "faults": pl.String}


def frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    columns = {
        ROW: [row.number for row in rows],
        "what": [row.what.value for row in rows],
        "label": [row.label for row in rows],
        "changes": [written(row.changes) if row.what is What.CHANGED else None for row in rows],
        "faults": [written(row.faults) if row.faults else None for row in rows],
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def spoilt(verdicts: pl.DataFrame, faults: Mapping[int, Sequence[Fault]]) -> pl.DataFrame:
    """The verdicts with faults that were found only when all rows were known."""
    if not faults:
        return verdicts
    touched = verdicts.filter(pl.col(ROW).is_in(list(faults)))
    texts = {
        row[ROW]: written([*json.loads(row["faults"] or "[]"), *faults[row[ROW]]])
        for row in touched.iter_rows(named=True)
    }
    more = pl.DataFrame({ROW: list(texts), "more": list(texts.values())}, schema={ROW: pl.UInt32, "more": pl.String})
    joined = verdicts.join(more, on=ROW, how="left", maintain_order="left")
    wrong = pl.col("more").is_not_null()
    return joined.with_columns(
        pl.when(wrong).then(pl.lit(What.WRONG.value)).otherwise(pl.col("what")).alias("what"),
        pl.coalesce("more", "faults").alias("faults"),
        pl.when(wrong).then(None).otherwise(pl.col("changes")).alias("changes"),
    ).drop("more")


def counted(verdicts: pl.DataFrame) -> dict[str, int]:
    """Rows of each kind, and `read`, all of them."""
    by_kind: dict[str, int] = dict(verdicts.group_by("what").len().iter_rows())
    return {"read": verdicts.height} | {what.value: by_kind.get(what.value, 0) for what in What}


def packed(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd", compression_level=3)
    return out.getvalue()


def unpacked(content: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(bytes(content)))


def of_rows(frame: pl.DataFrame, numbers: Iterable[int]) -> pl.DataFrame:
    """The rows with these numbers, in the table's order."""
    wanted = pl.DataFrame({ROW: list(numbers)}, schema={ROW: pl.UInt32})
    return frame.join(wanted, on=ROW, how="semi", maintain_order="left")


def faults(row: Mapping[str, Any]) -> list[Fault]:
    return [(str(column), str(words)) for column, words in json.loads(row["faults"] or "[]")]


def changes(row: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {key: (str(pair[0]), str(pair[1])) for key, pair in json.loads(row["changes"] or "{}").items()}
