"""A body cut into (row, key, value), by columns, whatever the device calls its layout.

Every cutter is lenient on purpose: a truncated JSON object gives the pairs it has, an unquoted word is a value, a
separator inside quotes is not one. Empty values and the markers for "nothing" are dropped here once for all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

PAIRS: dict[str, pl.DataType] = {"row": pl.UInt32(), "key": pl.String(), "value": pl.String()}

#: Separators that cannot come from a device: the decoder's text holds no such control characters by then.
_PIECE, _EQUALS = "\x1f", "\x1e"
_CONTROLS = f"[{_PIECE}{_EQUALS}]"
#: What devices write for "nothing" (field_synonyms.yaml); an answer, not a value.
EMPTY = (
    *("", "-", "--", "null", "NULL", "Null", "(null)", "<null>", "N/A", "n/a", "NA", "none", "None", "unknown", "?"),
    *("未知", "无", '""'),
)
#: A quoted string with its escapes; in RE2's and Rust's linear time.
STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
#: Unbounded on purpose: a counted repetition makes the automaton ten times slower.
_KEY = r"[A-Za-z_@\p{Han}][\w.\-@/()]*"


def key_values(text: pl.DataFrame, equals: str = "=", between: str = "", keys: Sequence[str] = ()) -> pl.DataFrame:
    """Pairs of `text`. `between` is a pattern that separates pairs; without it a pair ends where the next key starts.

    With `keys` only these names start a pair, for devices whose values contain their own separators.
    """
    if not between and equals == "=" and not keys:
        text, tidy = _tidy(text)
        return pl.concat([tidy, _marked(text, equals, between, keys)])
    return _marked(text, equals, between, keys)


def _tidy(text: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Most `key=value` lines have no spaces outside quotes; those are cut here, four times faster than the others.

    Returns the lines that are not so, and the pairs of those that are: what the pairs cover is the line's whole length.
    """
    pieces = text.with_columns(pl.col("text").str.extract_all(_TIDY).alias("piece"))
    head = pl.col("text").str.find(pl.col("piece").list.first(), literal=True)
    covered = pl.col("piece").list.eval(pl.element().str.len_bytes()).list.sum() + pl.col("piece").list.len()
    tidy = (pl.col("piece").list.len() > 1) & (covered + head + 1 >= pl.col("text").str.len_bytes())
    pieces = pieces.with_columns(tidy.fill_null(False).alias("tidy"))
    flat = pieces.filter("tidy").select("row", pl.col("piece").alias("text")).explode("text")
    return pieces.filter(~pl.col("tidy")).select("row", "text"), _cleaned(_split_once(flat, "="))


def _marked(text: pl.DataFrame, equals: str, between: str, keys: Sequence[str]) -> pl.DataFrame:
    clean = text.select("row", pl.col("text").str.replace_all(_CONTROLS, " "))
    if between:
        split = clean.with_columns(pl.col("text").str.replace_all(between, _PIECE).str.split(_PIECE)).explode("text")
        return _cleaned(_split_once(split, equals))
    return _cleaned(_pieces(clean.with_columns(pl.col("text").str.replace_all(_starts(equals, keys), _KEY_MARKS))))


def _cleaned(pieces: pl.DataFrame) -> pl.DataFrame:
    """Keys without what surrounds them, values without their quotes. The odd ones alone pay for patterns."""
    value = pl.col("value").str.strip_chars(" \t\r\n;,|$`“”")
    whole = (value.str.len_bytes() > 1) & value.str.starts_with('"') & value.str.ends_with('"')
    pieces = pieces.drop_nulls("value").select(
        "row", pl.col("key").str.strip_chars("\"' \t\r\n{}[]<;,("), value, whole.alias("whole")
    )
    pieces = pieces.with_columns(
        key=pl.col("key").str.replace(r"\(\d+\)?$", ""),
        value=pl.when("whole").then(pl.col("value").str.strip_prefix('"').str.strip_suffix('"')).otherwise("value"),
        odd=~pl.col("whole") & pl.col("value").str.contains_any(list("\"'“”[](){};")),
    )
    odd = pieces.filter("odd").select("row", "key", _unquoted())
    return worth(pl.concat([pieces.filter(~pl.col("odd")).select("row", "key", "value"), odd]))


_TIDY = rf"{_KEY}=(?:{STRING}|'[^']*'|[^\s\"',;|]*)[,;|]*"
_KEY_MARKS = f"{_PIECE}${{1}}{_EQUALS}${{2}}"


def _starts(equals: str, keys: Sequence[str]) -> str:
    sign = _any_of(equals)
    if keys:
        names = "|".join(re.escape(key) for key in sorted(keys, key=len, reverse=True))
        return rf"(?:^|[\s,;])({names}){sign}()"
    return rf"(?:^|[\s;,|({{\[!`，；。]|[“”\"'])({_KEY}\s?){sign}(?:\s?({STRING}|'[^']*'|[“”][^“”]*[“”]))?"


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
    """An odd value: half-quoted, in single or curly quotes, with half of the next key's name behind it, or with a
    bracket that the pair before it opened."""
    value = pl.col("value").str.replace(r";\s+[A-Za-z]+(?: [A-Za-z]+)?$", "")
    value = pl.when(value.str.contains(r'^[^"]+"$')).then(value.str.head(-1)).otherwise(value)
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
    return worth(flat.select("row", "key", "value"))


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
    starts = rf"(?:^|\s)([\w.\-\[\]]+)=({STRING}|)"
    pieces = _pieces(
        inner.with_columns(pl.col("text").str.replace_all(_CONTROLS, " ").str.replace_all(starts, _KEY_MARKS))
    )
    value = pl.col("value").str.replace_many(["\x0e", "\\n", "\\r", "\\|", "\\\\"], ["=", "\n", "", "|", "\\"])
    return pl.concat([melt(head.drop("text")), worth(pieces.with_columns(value))])


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
    return worth(wide.unpivot(index="row", variable_name="key", value_name="value"))


def worth(pairs: pl.DataFrame) -> pl.DataFrame:
    """Only pairs that say something."""
    has = pl.col("key").is_not_null() & (pl.col("key") != "") & pl.col("value").is_not_null()
    return pairs.filter(has & ~pl.col("value").is_in(EMPTY)).select(pl.col("row").cast(pl.UInt32), "key", "value")
