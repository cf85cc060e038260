"""Lines of one format → its columns, still in the device's own words."""

from __future__ import annotations

import polars as pl

from qingdun.logs.core import cut, pairs
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.fields import leftovers, pick
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.schema import DERIVED


def read(one: LogFormat, lines: pl.DataFrame) -> pl.DataFrame:
    """Text columns by `row` of the lines this format could read; a line it could not is absent."""
    text = _part(one, lines.select("row", pl.col("body").alias("text")))
    if one.body.kind == "regex" and not one.extract:
        found = _wide(one, text)
    else:
        cells = [one.body.pairs(text)]
        cells += [
            pairs.melt(cut.match(lines.select("row", pl.col("body").alias("text")), pattern)) for pattern in one.extract
        ]
        found = _long(one, pl.concat(cells))
    if found.width == 1 or found.is_empty():
        return found.clear()
    return _meanings(one, found)


def _part(one: LogFormat, text: pl.DataFrame) -> pl.DataFrame:
    if not one.part:
        return text
    return text.with_columns(pl.col("text").str.extract(one.part)).drop_nulls("text")


def _long(one: LogFormat, cells: pl.DataFrame) -> pl.DataFrame:
    columns, rest = pick(_joined(one, cells), one.ties, one.outcomes)
    if columns.width == 1:
        return columns
    return columns.join(leftovers(rest), on="row", how="left")


def _joined(one: LogFormat, cells: pl.DataFrame) -> pl.DataFrame:
    """`date+time` in a format's fields stands for both values with a space between."""
    for name in {key for keys in one.fields.values() for key in keys if "+" in key}:
        first, second = name.split("+", 1)
        left = cells.filter(pl.col("key") == first).select("row", "value")
        right = cells.filter(pl.col("key") == second).select("row", pl.col("value").alias("other"))
        both = left.join(right, on="row").select(
            "row", pl.lit(name).alias("key"), pl.format("{} {}", "value", "other").alias("value")
        )
        cells = pl.concat([cells, both])
    return cells


def _wide(one: LogFormat, text: pl.DataFrame) -> pl.DataFrame:
    """Patterns name their groups, so whole columns move without being taken apart into pairs."""
    groups = one.body.groups(text)
    if groups.width == 1:
        return groups
    filled: dict[str, pl.Expr] = {name: pl.col(name) for name in groups.columns if name in EVENT}
    for column, keys in one.fields.items():
        present = [pl.col(key) for key in keys if key in groups.columns]
        if present:
            filled[column] = pl.coalesce(*present)
    used = {key for keys in one.fields.values() for key in keys} | set(filled) | {"row"}
    over = [name for name in groups.columns if name not in used]
    columns = groups.select("row", *(value.alias(name) for name, value in filled.items()))
    if not over:
        return columns
    return columns.join(leftovers(pairs.melt(groups.select("row", *over))), on="row", how="left")


def _meanings(one: LogFormat, found: pl.DataFrame) -> pl.DataFrame:
    """The format's own value maps and constants; `*` is for every other value."""
    for column, table in one.values.items():
        source = DERIVED.get(column, column)
        if source in found.columns:
            found = found.with_columns(_mapped(source, dict(table), in_place=column not in DERIVED).alias(column))
    for column, value in one.constants.items():
        held = pl.col(column) if column in found.columns else pl.lit(None, dtype=pl.String)
        found = found.with_columns(held.fill_null(value).alias(column))
    return found


def _mapped(source: str, table: dict[str, str], *, in_place: bool) -> pl.Expr:
    other = table.pop("*", None)
    value = pl.col(source)
    if in_place and other is None:
        return value.replace(table)
    known = value.replace_strict(table, default=None, return_dtype=pl.String())
    return known if other is None else pl.when(value.is_not_null()).then(known.fill_null(other))
