"""Lines of known formats → columns, still in the device's own words; all formats of a batch in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from qingdun.logs.core import cut, pairs
from qingdun.logs.core.columns import EVENT, TEXT
from qingdun.logs.core.cut import Body
from qingdun.logs.core.fields import leftovers, pick
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.schema import DERIVED


def read(formats: Mapping[str, LogFormat], lines: pl.DataFrame) -> pl.DataFrame:
    """Text columns by `row`, with `form`, of (row, form, body); a line its format could not read is absent."""
    here = [formats[key] for key in lines["form"].unique(maintain_order=True).to_list()]
    wide = [one for one in here if one.body.kind == "regex" and not one.extract]
    found = [_wide(one, lines.filter(pl.col("form") == one.key)) for one in wide]
    found.append(_long([one for one in here if one not in wide], lines))
    return _meanings(here, pl.concat(found, how="diagonal"))


def _long(formats: Sequence[LogFormat], lines: pl.DataFrame) -> pl.DataFrame:
    """Formats whose bodies are cut into pairs. Those with the same layout are cut together."""
    alike: dict[tuple[Body, str], list[str]] = {}
    for one in formats:
        alike.setdefault((one.body, one.part), []).append(one.key)
    text = lines.select("row", "form", pl.col("body").alias("text"))
    cells = [body.pairs(_part(part, text.filter(pl.col("form").is_in(keys)))) for (body, part), keys in alike.items()]
    for one in formats:
        mine = text.filter(pl.col("form") == one.key) if one.extract else text.clear()
        cells += [pairs.melt(cut.match(mine, pattern)) for pattern in one.extract]
    if not cells:
        return lines.select("row", "form").clear()
    formed = _joined(formats, pl.concat(cells).join(lines.select("row", "form"), on="row", how="left"))
    columns, rest = pick(formed, {one.key: one.ties for one in formats})
    some = columns.filter(~pl.all_horizontal(pl.exclude("row").is_null())) if columns.width > 1 else columns.clear()
    some = some.join(leftovers(rest), on="row", how="left")
    return some.join(lines.select("row", "form"), on="row", how="left")


def _part(part: str, text: pl.DataFrame) -> pl.DataFrame:
    if not part:
        return text
    return text.with_columns(pl.col("text").str.extract(part)).drop_nulls("text")


def _joined(formats: Sequence[LogFormat], cells: pl.DataFrame) -> pl.DataFrame:
    """`date+time` in a format's fields stands for both values with a space between."""
    for one in formats:
        for name in {key for keys in one.fields.values() for key in keys if "+" in key}:
            first, second = name.split("+", 1)
            mine = cells.filter(pl.col("form") == one.key)
            other = mine.filter(pl.col("key") == second).select("row", pl.col("value").alias("other"))
            both = mine.filter(pl.col("key") == first).join(other, on="row")
            value = pl.format("{} {}", "value", "other").alias("value")
            cells = pl.concat([cells, both.select("row", pl.lit(name).alias("key"), value, "form")])
    return cells


def _wide(one: LogFormat, lines: pl.DataFrame) -> pl.DataFrame:
    """Patterns name their groups, so whole columns move without being taken apart into pairs."""
    groups = one.body.groups(_part(one.part, lines.select("row", pl.col("body").alias("text"))))
    if groups.width == 1:
        return lines.select("row", "form").clear()
    filled: dict[str, pl.Expr] = {name: pl.col(name) for name in groups.columns if name in EVENT}
    for column, keys in one.fields.items():
        present = [pl.col(key) for key in keys if key in groups.columns]
        if present:
            filled[column] = pl.coalesce(*present)
    used = {key for keys in one.fields.values() for key in keys} | set(filled) | {"row"}
    over = [name for name in groups.columns if name not in used]
    columns = groups.select("row", *(value.alias(name) for name, value in filled.items()), form=pl.lit(one.key))
    return columns.join(leftovers(pairs.melt(groups.select("row", *over))), on="row", how="left") if over else columns


def _meanings(formats: Sequence[LogFormat], found: pl.DataFrame) -> pl.DataFrame:
    """What formats make of values, and what they say of every line; `*` stands for every other value."""
    for column in {column for one in formats for column in one.values}:
        source = DERIVED.get(column, column)
        if source in found.columns:
            found = found.with_columns(_meaning(formats, found, column, source))
    for column in {column for one in formats for column in one.constants}:
        always = {one.key: one.constants[column] for one in formats if column in one.constants}
        held = pl.col(column) if column in found.columns else pl.lit(None, dtype=TEXT)
        found = found.with_columns(pl.coalesce(held, _of_form(always)).alias(column))
    return found


def _meaning(formats: Sequence[LogFormat], found: pl.DataFrame, column: str, source: str) -> pl.Series:
    words = [(one.key, raw, said) for one in formats for raw, said in one.values.get(column, {}).items()]
    table = pl.DataFrame(words, schema={"form": TEXT, source: TEXT, "/said": TEXT}, orient="row")
    other = {one.key: one.values[column]["*"] for one in formats if "*" in one.values.get(column, {})}
    asked = found.select("form", source).join(table, on=["form", source], how="left", maintain_order="left")
    said = pl.coalesce("/said", pl.when(pl.col(source).is_not_null()).then(_of_form(other)))
    return asked.select(said if column in DERIVED else pl.coalesce(said, source)).to_series().alias(column)


def _of_form(values: Mapping[str, str]) -> pl.Expr:
    return pl.col("form").replace_strict(dict(values), default=None, return_dtype=TEXT)
