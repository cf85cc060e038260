"""A body cut into (row, key, value), by columns, whatever the device calls its layout.

Every cutter is lenient on purpose: a truncated JSON object gives the pairs it has, an unquoted word is a value, a
separator inside quotes is not one. Empty values and the markers for "nothing" are dropped here once for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson
import polars as pl

PAIRS: dict[str, pl.DataType] = {"row": pl.UInt32(), "key": pl.String(), "value": pl.String()}

#: Separators that cannot come from a device: the decoder's text holds no such control characters by then.
_PIECE, _EQUALS, _TAIL = "\x1f", "\x1e", "\x1d"
_CONTROLS = f"[{_PIECE}{_EQUALS}{_TAIL}]"
#: What devices write for "nothing" (field_synonyms.yaml); an answer, not a value.
EMPTY = (
    "",
    "-",
    "--",
    "null",
    "NULL",
    "Null",
    "(null)",
    "<null>",
    "N/A",
    "n/a",
    "NA",
    "none",
    "None",
    "未知",
    "unknown",
    "?",
    '""',
)

_STRING = r'"(?:[^"\\]|\\.)*"'
_MEMBER = (
    r'"((?:[^"\\]|\\.)*)"\s*[:=]\s*'
    rf"({_STRING}|(?:\[\s*)*\{{|\[(?:[^\[\]{{}}\"]|{_STRING})*\]|[^\s\"{{}}\[\],]+|)"
)
_DEPTH = 8  # deeper members keep the path of the eighth level
#: Unbounded on purpose: a counted repetition makes the automaton ten times slower.
_KEY = r"[A-Za-z_@\p{Han}][\w.\-@/()]*"


def json(text: pl.DataFrame) -> pl.DataFrame:
    """Members of the objects in `text` (row, text); nested keys are joined by dots, positions in arrays left out."""
    marked = text.select("row", pl.col("text").str.replace_all(_CONTROLS, " ").str.replace_all(_MEMBER, _JSON_MARKS))
    pieces = _pieces(marked).with_columns(pl.col("value").str.splitn(_TAIL, 2)).unnest("value")
    pieces = pieces.rename({"field_0": "value", "field_1": "tail"})
    pieces = _with_paths(pieces)
    found = pieces.filter(pl.col("key").is_not_null() & ~pl.col("value").str.contains(r"^(?:\[\s*)*\{$"))
    return _unescape(_unlist(found.select("row", "key", pl.col("value").str.strip_chars())))


_JSON_MARKS = f"{_PIECE}${{1}}{_EQUALS}${{2}}{_TAIL}"


def _with_paths(pieces: pl.DataFrame) -> pl.DataFrame:
    """Puts the keys of the enclosing objects before each key, by counting braces outside the strings."""
    opens = pl.col("value").str.ends_with("{").fill_null(False)
    if not pieces.select(opens.any()).item():
        return pieces
    closed = pl.col("tail").fill_null("").str.count_matches(r"\}").cast(pl.Int32)
    reopened = pl.col("tail").fill_null("").str.count_matches(r"\{").cast(pl.Int32)
    change = pl.when(pl.col("key").is_null()).then(0).otherwise(opens.cast(pl.Int32) - closed + reopened)
    pieces = pieces.with_columns(opens=opens, after=change.cum_sum().over("row"), change=change)
    pieces = pieces.with_columns(depth=(pl.col("after") - pl.col("change")).clip(0, _DEPTH))
    deepest = pieces.select(pl.col("depth").max()).item() or 0
    path = []
    for level in range(deepest):
        here = pl.when(pl.col("opens") & (pl.col("depth") == level))
        parent = here.then("key").forward_fill()
        same_line = here.then("row").forward_fill() == pl.col("row")
        path.append(pl.when((pl.col("depth") > level) & same_line).then(parent))
    return pieces.with_columns(key=pl.concat_str(*path, "key", separator=".", ignore_nulls=True).replace("", None))


def _unlist(pairs: pl.DataFrame) -> pl.DataFrame:
    """`["a", "b"]` reads as `a, b`: a list of words is one value."""
    is_list = pl.col("value").str.starts_with("[")
    words = pl.col("value").str.strip_chars("[] ").str.replace_all(r'"\s*,\s*"', ", ").str.strip_chars('"')
    plain = pl.col("value").str.strip_prefix('"').str.strip_suffix('"')
    return pairs.with_columns(value=pl.when(is_list).then(words).otherwise(plain))


def _unescape(pairs: pl.DataFrame) -> pl.DataFrame:
    escaped = pl.col("value").str.contains("\\", literal=True) | pl.col("key").str.contains("\\", literal=True)
    some = pairs.select(escaped).to_series()
    if not some.any():
        return pairs
    plain = {text: _string(text) for text in _distinct(pairs.filter(some))}
    return pairs.with_columns(
        pl.when(some).then(pl.col("key", "value").replace(plain)).otherwise(pl.col("key", "value"))
    )


def _distinct(pairs: pl.DataFrame) -> list[str]:
    both = pl.concat([pairs["key"], pairs["value"].rename("key")])
    return both.filter(both.str.contains("\\", literal=True)).unique().to_list()


def _string(text: str) -> str:
    """A JSON string's inside as it was meant; a broken escape stays as it stands."""
    try:
        return str(orjson.loads(f'"{text}"'))
    except orjson.JSONDecodeError:
        return text.replace('\\"', '"').replace("\\/", "/").replace("\\\\", "\\")


def key_values(text: pl.DataFrame, equals: str = "=", between: str = "", keys: Sequence[str] = ()) -> pl.DataFrame:
    """Pairs of `text`. `between` is a pattern that separates pairs; without it a pair ends where the next key starts.

    With `keys` only these names start a pair, for devices whose values contain their own separators.
    """
    clean = text.select("row", pl.col("text").str.replace_all(_CONTROLS, " "))
    if between:
        split = clean.with_columns(pl.col("text").str.replace_all(between, _PIECE).str.split(_PIECE)).explode("text")
        pieces = _split_once(split, equals)
    else:
        marked = clean.with_columns(pl.col("text").str.replace_all(_starts(equals, keys), _KEY_MARKS))
        pieces = _pieces(marked)
    key = pl.col("key").str.strip_chars("\"' \t\r\n{}[]<;,").str.replace(r"\(\d+\)$", "")
    return _worth(pieces.select("row", key, _unquoted()))


_KEY_MARKS = f"{_PIECE}${{1}}{_EQUALS}${{2}}"


def _starts(equals: str, keys: Sequence[str]) -> str:
    sign = _any_of(equals)
    if keys:
        names = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
        return rf"(?:^|[\s,;])({names}){sign}()"
    return rf"(?:^|[\s;,|({{\[!，；。]|[“”\"'])({_KEY}\s?){sign}(?:\s?({_STRING}|'[^']*'|[“”][^“”]*[“”]))?"


def _any_of(signs: str) -> str:
    """`=` as it stands; of `=:` either."""
    return re.escape(signs) if len(signs) == 1 else f"[{re.escape(signs)}]"


def _split_once(frame: pl.DataFrame, equals: str) -> pl.DataFrame:
    if len(equals) > 1:
        frame = frame.with_columns(pl.col("text").str.replace(_any_of(equals), _EQUALS))
        equals = _EQUALS
    parts = frame.with_columns(pl.col("text").str.splitn(equals, 2)).unnest("text")
    return parts.rename({"field_0": "key", "field_1": "value"})


def _pieces(marked: pl.DataFrame) -> pl.DataFrame:
    return _split_once(marked.with_columns(pl.col("text").str.split(_PIECE)).explode("text"), _EQUALS)


def _unquoted() -> pl.Expr:
    value = pl.col("value").str.strip_chars(" \t\r\n;,|“”")
    quoted = value.str.extract(r"""^["'”“]((?s:.*?))["'”“][\])}.]*$""")
    bare = pl.when(value.str.contains(r"^[^\[]*\]$|^[^(]*\)$")).then(value.str.head(-1)).otherwise(value)
    return pl.coalesce(quoted, bare).str.strip_chars().alias("value")


def columns(text: pl.DataFrame, between: str) -> pl.DataFrame:
    """Values by position, "0" first; with a comma quoted fields may hold commas, as RFC 4180 has it."""
    if between == ",":
        field = r'(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))'
        parts = pl.col("text").str.extract_all(field).list.eval(pl.element().str.strip_prefix(",").str.strip_chars('"'))
    else:
        parts = pl.col("text").str.split(between)
    listed = text.select("row", parts.alias("value"), pl.int_ranges(0, parts.list.len()).alias("key"))
    flat = listed.explode("key", "value").with_columns(pl.col("key").cast(pl.String), pl.col("value").str.strip_chars())
    return _worth(flat.select("row", "key", "value"))


_CEF = (
    r"(?s)CEF: ?\d+\|(?P<_vendor>(?:[^|\\]|\\.)*)\|(?P<_product>(?:[^|\\]|\\.)*)\|(?P<_version>(?:[^|\\]|\\.)*)"
    r"\|(?P<_id>(?:[^|\\]|\\.)*)\|(?P<_name>(?:[^|\\]|\\.)*)\|(?P<_severity>[^|]*)\|(?P<text>.*)$"
)
_LEEF = (
    r"(?s)LEEF:[12]\.\d\|(?P<_vendor>[^|]*)\|(?P<_product>[^|]*)\|(?P<_version>[^|]*)\|(?P<_id>[^|]*)"
    r"\|(?:(?P<mark>[^|=\s]|0?x[0-9A-Fa-f]{1,4})\|)?(?P<text>.*)$"
)


def cef(text: pl.DataFrame) -> pl.DataFrame:
    """ArcSight CEF: the header as `_vendor`, `_product`, `_version`, `_id`, `_name`, `_severity`, and the extension."""
    head = _header(text, _CEF)
    inner = head.select(
        "row", pl.col("text").str.replace_all("\\t", " ", literal=True).str.replace_all("\\=", "\x0e", literal=True)
    )
    starts = rf"(?:^|\s)([\w.\-\[\]]+)=({_STRING}|)"
    pieces = _pieces(
        inner.with_columns(pl.col("text").str.replace_all(_CONTROLS, " ").str.replace_all(starts, _KEY_MARKS))
    )
    value = pl.col("value").str.replace_many(["\x0e", "\\n", "\\r", "\\|", "\\\\"], ["=", "\n", "", "|", "\\"])
    return pl.concat([melt(head.drop("text")), _worth(pieces.with_columns(value))])


def leef(text: pl.DataFrame) -> pl.DataFrame:
    """IBM LEEF 1.0 and 2.0: the header as for CEF, then pairs separated by a tab or the mark 2.0 declares."""
    head = _header(text, _LEEF)
    parts = [melt(head.drop("text", "mark"))]
    for mark in head["mark"].unique().to_list():
        inner = head.filter(pl.col("mark").eq_missing(pl.lit(mark, dtype=pl.String))).select("row", "text")
        parts.append(key_values(inner, between=re.escape(_leef_mark(mark))))
    return pl.concat(parts)


def _leef_mark(mark: str | None) -> str:
    if not mark:
        return "\t"
    return mark if len(mark) == 1 else chr(int(mark.lstrip("0").lstrip("x"), 16) or 9)


def _header(text: pl.DataFrame, pattern: str) -> pl.DataFrame:
    head = text.select("row", pl.col("text").str.extract_groups(pattern).alias("g")).unnest("g")
    return head.filter(pl.col("text").is_not_null())


def melt(wide: pl.DataFrame) -> pl.DataFrame:
    """One pair per cell that says something."""
    return _worth(wide.unpivot(index="row", variable_name="key", value_name="value"))


def _worth(pairs: pl.DataFrame) -> pl.DataFrame:
    """Only pairs that say something."""
    has = pl.col("key").is_not_null() & (pl.col("key") != "") & pl.col("value").is_not_null()
    return pairs.filter(has & ~pl.col("value").is_in(EMPTY)).select(pl.col("row").cast(pl.UInt32), "key", "value")
