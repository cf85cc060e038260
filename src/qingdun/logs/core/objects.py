"""JSON objects cut into (row, key, value): nested keys joined by dots, positions in arrays left out.

Devices write JSON that no parser takes: unquoted words, `"key"="value"`, text before and after, a line cut in the
middle. So the members are found by their shape, and the nesting by counting braces outside strings.
"""

from __future__ import annotations

import orjson
import polars as pl

from qingdun.logs.core.pairs import STRING, worth

_LIST = rf"\[(?:[^\[\]{{}}\"]|{STRING})*\]"
_TOKEN = rf"{STRING}:\s*(?:{STRING}|{_LIST}|[^\s\"{{}}\[\],]+|)|[{{}}]"
_UNTIDY = r'"\s+:|"\s*=\s*"'
_DEPTH = 8  # deeper members keep the path of the eighth level


def json(text: pl.DataFrame) -> pl.DataFrame:
    """Members of the objects in `text` (row, text)."""
    body = pl.col("text")
    tidy = pl.when(body.str.contains(_UNTIDY)).then(body.str.replace_all(r'"\s*[:=]\s*', '":')).otherwise(body)
    tokens = text.select("row", tidy.str.extract_all(_TOKEN).alias("token")).explode("token").drop_nulls("token")
    parts = tokens.with_columns(pl.col("token").str.splitn('":', 2)).unnest("token")
    parts = parts.select(
        "row", pl.col("field_0").str.strip_prefix('"').alias("key"), pl.col("field_1").str.strip_chars().alias("value")
    )
    found = _with_paths(parts).filter(pl.col("value").is_not_null())
    return worth(_unescape(_unlist(found.select("row", "key", "value"))))


def _with_paths(parts: pl.DataFrame) -> pl.DataFrame:
    """Puts the keys of the enclosing objects before each key. A brace is a part of its own, with no value."""
    brace = pl.col("value").is_null()
    step = pl.when(brace & (pl.col("key") == "{")).then(1).when(brace & (pl.col("key") == "}")).then(-1).otherwise(0)
    parts = parts.with_columns(depth=step.cast(pl.Int32).cum_sum().over("row").clip(0, _DEPTH))
    deepest = parts.select(pl.col("depth").max()).item() or 0
    path = []
    for level in range(1, deepest):
        outer = pl.when((pl.col("value") == "") & (pl.col("depth") == level))
        same_line = outer.then("row").forward_fill() == pl.col("row")
        path.append(pl.when((pl.col("depth") > level) & same_line).then(outer.then("key").forward_fill()))
    return parts.with_columns(key=pl.concat_str(*path, "key", separator=".", ignore_nulls=True)) if path else parts


def _unlist(pairs: pl.DataFrame) -> pl.DataFrame:
    """`["a", "b"]` reads as `a, b`: a list of words is one value."""
    is_list = pl.col("value").str.starts_with("[")
    words = pl.col("value").str.strip_chars("[] ").str.replace_all(r'"\s*,\s*"', ", ").str.strip_chars('"')
    plain = pl.col("value").str.strip_prefix('"').str.strip_suffix('"')
    return pairs.with_columns(value=pl.when(is_list).then(words).otherwise(plain).str.strip_chars())


def _unescape(pairs: pl.DataFrame) -> pl.DataFrame:
    """Escapes as they were meant, each distinct string once."""
    both = pl.concat([pairs["key"], pairs["value"].alias("key")])
    escaped = both.filter(both.str.contains("\\", literal=True)).unique()
    if escaped.is_empty():
        return pairs
    plain = {text: _string(text) for text in escaped.to_list()}
    return pairs.with_columns(pl.col("key", "value").replace(plain))


def _string(text: str) -> str:
    """A JSON string's inside; a broken escape stays as it stands."""
    try:
        return str(orjson.loads(f'"{text}"'))
    except orjson.JSONDecodeError:
        return text.replace('\\"', '"').replace("\\/", "/").replace("\\\\", "\\")
