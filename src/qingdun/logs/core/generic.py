"""Reading without a format: JSON anywhere, key=value, key:value, then what free text gives away.

Most Chinese devices have no public format; measured on 1,200 of their lines this mapper alone reads three quarters
(device_formats §1.1). Ties come from the synonyms, weak ones included.
"""

from __future__ import annotations

import polars as pl

from qingdun.logs.core import objects, pairs, prose
from qingdun.logs.core.fields import Ties, leftovers, pick

#: What the reader calls itself where it had no format.
FORM = "generic"
_WHAT = ("event.action", "rule.name", "log.level", "url.original")
_TIES = Ties({})
_OBJECT = r"""\{\s*["“'][^"”'{}]+["”']\s*[:=]"""
_EQUALS = r"[\w\]\)\p{Han}]\s?=\s?"
_COLON = r"(?:^|[\s,;，；|\[(\"'`])[A-Za-z\p{Han}][\w\-./ ]*(?:\(\d+\))?[:：]"
_SPACED = r"(?i)\b(?:sip|dip|src|dst|srcip|dstip|sport|dport|smac|dmac|prot|proto|user|module|result) [^\s=:]"
_SPACED_KEYS = (
    *("sip", "dip", "src", "dst", "srcip", "dstip", "sport", "dport", "srcport", "dstport", "smac", "dmac", "prot"),
    *("proto",),
    *("type", "id", "name", "times", "user", "ip", "module", "cmd", "result", "action", "reason", "level", "url"),
)  # fmt: skip
#: `"key:value","key:value"`: the quotes stand around pairs, not values.
_QUOTED = r'"\w+:[^"]*","\w+:'
#: With this many `key:` in a line they are its layout, and what fills no column is kept as well.
_LAID_OUT = 4


def read(lines: pl.DataFrame) -> pl.DataFrame:
    """Text columns by `row`, for the lines that gave anything at all."""
    text = lines.select("row", pl.col("body").alias("text"))
    columns, rest = pick(_cells(text).with_columns(form=pl.lit(FORM)), {FORM: _TIES})
    found = columns.join(leftovers(rest), on="row", how="full", coalesce=True)
    said = prose.read(text.join(_told(found), on="row", how="anti"))
    return _filled(found, said)


def _filled(found: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """What pairs left empty, prose fills; but an address keeps its own port, and a destination is no source."""
    both = found.join(said, on="row", how="full", coalesce=True, suffix="/said")
    names = {name: f"{name}/said" if name in found.columns else name for name in said.columns[1:]}
    if "source.port" in names and "source.ip" in found.columns:
        port = names["source.port"]
        both = both.with_columns(pl.when(pl.col("source.ip").is_null()).then(port).alias(port))
    if "source.ip" in names and "destination.ip" in found.columns:
        address = names["source.ip"]
        both = both.with_columns(
            pl.when(pl.col(address) != pl.col("destination.ip").fill_null("")).then(address).alias(address)
        )
    doubled = [name for name, other in names.items() if other != name]
    return both.with_columns(pl.coalesce(name, names[name]).alias(name) for name in doubled).drop(
        names[name] for name in doubled
    )


def _told(found: pl.DataFrame) -> pl.DataFrame:
    """Rows whose pairs say who and what: reading their text as prose as well would only add mistakes."""
    who = [pl.col(name).is_not_null() for name in ("source.ip", "destination.ip") if name in found.columns]
    what = [pl.col(name).is_not_null() for name in _WHAT if name in found.columns]
    if not who or not what:
        return found.select("row").clear()
    return found.filter(pl.any_horizontal(who) & pl.any_horizontal(what)).select("row")


def _cells(text: pl.DataFrame) -> pl.DataFrame:
    has_json = pl.col("text").str.contains(_OBJECT)
    braced = text.filter(has_json).with_columns(_straight(pl.col("text").str.extract(r"(?s)(\{.*)$")))
    plain = text.join(braced, on="row", how="anti")
    equal = plain.filter(pl.col("text").str.contains(_EQUALS))
    cells = [_nested(objects.json(braced)), pairs.key_values(equal.with_columns(_straight(pl.col("text"))))]
    return pl.concat([*cells, _spaced(plain), _colons(plain)])


def _nested(cells: pl.DataFrame) -> pl.DataFrame:
    """A JSON object written into a string of another is opened once more; the outer key stays in front."""
    inner = cells.filter(pl.col("value").str.starts_with('{"')).with_row_index("cell")
    if inner.is_empty():
        return cells
    opened = objects.json(inner.select(pl.col("cell").alias("row"), pl.col("value").alias("text")))
    opened = opened.join(inner.select("cell", "row", pl.col("key").alias("outer")), left_on="row", right_on="cell")
    named = opened.select(
        pl.col("row_right").alias("row"), pl.concat_str("outer", "key", separator=".").alias("key"), "value"
    )
    return pl.concat([cells, named])


def _spaced(plain: pl.DataFrame) -> pl.DataFrame:
    """`sip 10.0.0.1 sport 80 dip …`: words and values take turns; taken only where two telling words stand so."""
    some = plain.filter(pl.col("text").str.count_matches(_SPACED) > 1)
    return pairs.key_values(some, " ", keys=_SPACED_KEYS)


def _colons(plain: pl.DataFrame) -> pl.DataFrame:
    """`key:value` pairs; where the line is not laid out in them only keys we know, since prose has colons too."""
    some = plain.with_columns(keys=pl.col("text").str.count_matches(_COLON)).filter(pl.col("keys") > 0)
    text = pl.col("text").str.replace_all("：", ":", literal=True)
    listed = text.str.replace_all('","', "; ", literal=True).str.replace_all('"', " ", literal=True)
    wide = some.with_columns(pl.when(text.str.contains(_QUOTED)).then(listed).otherwise(text).alias("text"))
    cells = pairs.key_values(wide.select("row", "text"), ":").with_columns(pl.col("value").str.extract("^([^，；。]+)"))
    cells = cells.drop_nulls("value")
    cells = cells.join(some.select(pl.col("row").cast(pl.UInt32), "keys"), on="row")
    known = [key for key in cells["key"].unique().to_list() if _TIES.of(key)]
    return cells.filter(pl.col("key").is_in(known) | (pl.col("keys") >= _LAID_OUT)).drop("keys")


def _straight(text: pl.Expr) -> pl.Expr:
    """Curly quotes used as delimiters, and Python's single quotes, as JSON has them."""
    curly = text.str.contains(r"[=:{,]\s*[“”]")
    single = text.str.contains(r"^\{'")
    text = pl.when(curly).then(text.str.replace_all("[“”]", '"')).otherwise(text)
    return pl.when(single).then(text.str.replace_all("'", '"', literal=True)).otherwise(text).alias("text")
