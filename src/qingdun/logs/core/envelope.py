"""The syslog header around a message: RFC 5424, RFC 3164 and what Chinese devices make of it (device_formats §1.4).

PRI above 191, as a word or missing; the year before or after the time, or both; a relay's header around another
header; host names with a space; container runtimes. What is no header stays in the message.
"""

from __future__ import annotations

import polars as pl

_PRI = r"^\s*<(?P<pri>\d{1,5}|-1|invld)>\s*(?P<rest>(?s:.*))$"
_5424 = (
    r"^[01] (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) "
    r'(?P<sd>-|(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+) ?(?P<rest>(?s:.*))$'
)
_ZONE = r"(?: ?(?:Z\b|UTC\b|(?:GMT)?[+\-]\d{2}:?\d{2}))?"
_BSD = (
    r"(?:[A-Z][a-z]{2} )?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* +\d{1,2},? (?:\d{4} )?"
    rf"\d{{1,2}}:\d{{2}}:\d{{2}}(?:\.\d+)?{_ZONE}(?: (?:19|20)\d{{2}}\b)?"
)
_ISO = rf"\d{{4}}[\-/]\d{{1,2}}[\-/]\d{{1,2}}[T ]\d{{1,2}}: ?\d{{2}}: ?\d{{2}}(?:[.,]\d+)?{_ZONE}"
_HOST = r"[A-Za-z0-9_.\-/]+|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f.]*|\(none\)"
_TAG = r"(?P<app>[A-Za-z0-9_./@\-]{1,64})(?:\[(?P<pid>[^\]\s]{0,20})\])?(?:\([^)]*\))?\s?:(?:\s+|$)"
_REST = r"(?P<rest>(?s:.*))$"

_TIME = rf"^(?P<time>{_BSD}|{_ISO}):?\s*{_REST}"
#: What may follow the time. Host names with a space only before `%%`, as H3C writes them; a host without a tag only
#: after a BSD time, because what follows an ISO time is as often the message.
_SPACED_HOST = r"^(?P<host>[A-Za-z0-9_.\-]+(?: [A-Za-z0-9_.\-]+)*)\s+(?P<rest>%%(?s:.*))$"
_HOST_TAG = rf"^(?P<host>{_HOST})\s+{_TAG}{_REST}"
_HOST_ONLY = rf"^(?P<host>{_HOST})(?:\s+:)?\s+{_REST}"
_STREAM = rf"^(?:stdout|stderr) [FP] {_REST}"
_TAG_ONLY = rf"^{_TAG}{_REST}"
#: A whole header inside another's message; nothing less than time, host and tag counts there.
_INNER_HEADERS = tuple(rf"^(?P<time>{_BSD}|{_ISO}):?\s+{header[1:]}" for header in (_SPACED_HOST, _HOST_TAG))
#: Without a PRI a bare `tag: ` is no header, and a line that does not start with a date has none.
_LOOKS_DATED = r"^(?:(?:[A-Z][a-z]{2} )?[A-Z][A-Za-z]{2,8} +\d{1,2},? |\d{4}[\-/]\d{1,2}[\-/]\d{1,2}[T ])"
_INNER = r"^\s*(?:<\d{1,5}>|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* +\d{1,2} |\d{4}-\d\d-\d\d[T ])"
_DOCKER = r'^\{"log":"(?P<rest>(?:[^"\\]|\\.)*)","stream":"[a-z]+",.*"time":"(?P<time>[^"]+)"\}$'
_COMPOSE = r"^[\w.\-]+ +\| +(?P<rest>\S(?s:.*))$"

FIELDS = ("pri", "time", "host", "app", "pid", "body")
_BLANK = {"-", "(none)", ""}


def open_envelope(line: pl.Series) -> pl.DataFrame:
    """One row per line: pri, time, host, app, pid as text (null when absent) and `body`, what the header wrapped."""
    frame = pl.DataFrame({"rest": line}).with_row_index("row")
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in FIELDS[:-1])
    frame = _apply(frame, _PRI, pl.col("rest").str.starts_with("<") | pl.col("rest").str.starts_with(" <"))
    frame = _containers(frame)
    frame = _apply(frame, _5424, pl.col("pri").is_not_null() & pl.col("rest").str.contains(r"^[01] "))
    frame = _headers(frame)
    frame = _inner(frame)
    return frame.with_columns(
        pl.col("host", "app", "pid").replace(dict.fromkeys(_BLANK)), pl.col("rest").str.strip_chars().alias("body")
    ).select(FIELDS)


def _containers(frame: pl.DataFrame) -> pl.DataFrame:
    wrapped = pl.col("rest").str.starts_with('{"log":"')
    frame = _apply(frame, _DOCKER, wrapped, unescape=True)
    return _apply(frame, _COMPOSE, pl.col("rest").str.contains(r"^[\w.\-]+ +\| "))


def _headers(frame: pl.DataFrame) -> pl.DataFrame:
    undated = pl.col("time").is_null()
    tagged = pl.col("pri").is_not_null() & undated
    frame = frame.with_columns(tagged.alias("tagged"), undated.alias("undated"))
    frame = _apply(frame, _TIME, pl.col("undated") & pl.col("rest").str.contains(_LOOKS_DATED))
    dated = pl.col("undated") & pl.col("time").is_not_null()
    frame = _apply(frame, _SPACED_HOST, dated & pl.col("rest").str.contains(" %%", literal=True))
    bare = dated & pl.col("host").is_null()
    frame = _apply(frame, _HOST_TAG, bare)
    frame = _apply(frame, _HOST_ONLY, bare & pl.col("time").str.contains("^[A-Za-z]"))
    frame = _apply(frame, _STREAM, bare & pl.col("rest").str.starts_with("std"))
    return _apply(frame, _TAG_ONLY, pl.col("tagged") & pl.col("time").is_null())


def _inner(frame: pl.DataFrame) -> pl.DataFrame:
    """A relay wraps the device's own header in its own: what the device says replaces what the relay said."""
    inner = pl.col("time").is_not_null() & pl.col("rest").str.contains(_INNER)
    if not frame.select(inner.any()).item():
        return frame
    frame = _apply(frame, _PRI, inner & pl.col("rest").str.starts_with("<"))
    for header in _INNER_HEADERS:
        frame = _apply(frame, header, inner)
    return frame


def _apply(frame: pl.DataFrame, pattern: str, where: pl.Expr, *, unescape: bool = False) -> pl.DataFrame:
    """Where `where` holds and the pattern matches, its groups replace what was there; elsewhere nothing changes."""
    chosen = frame.filter(where).select("row", pl.col("rest").str.extract_groups(pattern).alias("g"))
    if chosen.is_empty():
        return frame
    got = chosen.unnest("g")
    got = got.filter(pl.col("rest").is_not_null())
    if got.is_empty():
        return frame
    if "sd" in got.columns:  # Check Point puts everything into the structured data
        only = (pl.col("rest") == "") & (pl.col("sd") != "-")
        got = got.with_columns(rest=pl.when(only).then("sd").otherwise("rest")).drop("sd", "msgid")
    if unescape:
        got = got.with_columns(pl.col("rest").str.replace_many(['\\"', "\\n", "\\t", "\\\\"], ['"', "", "\t", "\\"]))
    if got.height == frame.height:
        frame = frame.with_columns(got["rest"])
    return frame.update(got.with_columns(pl.exclude("row", "rest").replace("", None)), on="row", how="left")
