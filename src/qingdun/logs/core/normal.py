"""Values as columns want them: addresses, ports, URLs, words, numbers. Columns in, columns out, null where senseless."""

# ruff: noqa: E501  (a pattern reads better whole)
from __future__ import annotations

import ipaddress

import polars as pl

from qingdun.logs.core import words

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
V4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
#: Any text of hex groups with at least two colons; Python decides whether it is an address.
V6 = r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?"
_LEADING = rf"""^[\s\["'(<=]*(?:IPV[46]/\w+/)?(?:(?i:::ffff:)?({V4})(?:$|[^\d.])|({V6})(?:$|[^0-9A-Fa-f:.])|4-([0-9A-Fa-f]{{8}})$)"""
_PORT_AFTER = rf"""^[\s\["'(<]*(?:IPV[46]/\w+/)?(?:(?i:::ffff:)?{V4}|\[?{V6}\])\]?[:#/](\d{{1,5}})\b"""
#: What a value must look like before a column takes it; columns not named take anything.
FITS: dict[str, str] = {
    **dict.fromkeys(("source.ip", "destination.ip", "observer.ip", "network.forwarded_ip"), _LEADING),
    **dict.fromkeys(("source.port", "destination.port"), r"^\s*\d{1,5}(?:\.0)?\s*$"),
    **dict.fromkeys(("source.mac", "destination.mac"), r"^(?:[0-9A-Fa-f]{1,2}[:\-]){5}[0-9A-Fa-f]{1,2}$|^[0-9A-Fa-f]{12}$|^(?:[0-9A-Fa-f]{4}[.\-]){2}[0-9A-Fa-f]{4}$"),
    "http.response.status_code": r"^\s*[1-5]\d\d\s*$",
    "http.response.body.bytes": r"^\d+$",
    "http.request.method": rf"^(?i:{words.METHODS})$",
    "qingdun.count": r"^\s*\d{1,15}\s*$",
    "@timestamp": r"\d{9}|\d[/:\-]\d|\d年",
    "log.level": r"^.{1,24}$",
    "event.action": r"^(?s:.{1,200})$",
    "event.code": r"^(?s:.{1,120})$",
    "network.transport": r"^.{1,32}$",
    "url.original": r"/|\.|^\*$",
    "url.path": r"^/",
    "url.domain": r"^(?:[a-z]+://)?[^\s/,;?=&()]*[.:][^\s/,;?=&()]*/?$",
    "rule.name": r"^[^<{\[](?s:.{0,300})$|^\[[^\]]{1,40}\]",
    "user.name": r"^.{1,128}$",
    "file.hash.md5": r"^[0-9A-Fa-f]{32}$",
    "vulnerability.id": r"(?i)^\W*(?:cve|cnvd|cnnvd|can)?-?\d",
    "threat.technique.id": r"^\W*TA?\d{4}",
}  # fmt: skip


def address(column: str) -> pl.Expr:
    """A value that starts with an address → that address; IPv4-mapped IPv6 and 迪普's `4-0a010164` become IPv4."""
    groups = pl.col(column).str.extract_groups(_LEADING)
    dashed = groups.struct.field("3")
    octets = [dashed.str.slice(at, 2).str.to_integer(base=16, strict=False).cast(pl.String) for at in (0, 2, 4, 6)]
    v4 = pl.coalesce(groups.struct.field("1"), pl.concat_str(octets, separator="."))
    v6 = groups.struct.field("2").map_batches(_v6, return_dtype=pl.String())
    return pl.coalesce(v4, v6).alias(column)


def _v6(values: pl.Series) -> pl.Series:
    distinct = values.drop_nulls().unique().to_list()
    if not distinct:
        return values
    return values.replace({text: _one_v6(text) for text in distinct})


def _one_v6(text: str) -> str | None:
    try:
        found = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return None if found.is_unspecified else str(found.ipv4_mapped or found)


def port_after(column: str) -> pl.Expr:
    """The port of `10.0.0.1:8080` or `[::1]:80`."""
    return port(pl.col(column).str.extract(_PORT_AFTER))


def port(text: pl.Expr) -> pl.Expr:
    """A port, or null above 65535, which vendors do send."""
    return number(text, 65535).cast(pl.Int32)


def number(text: pl.Expr, most: int) -> pl.Expr:
    """A non-negative whole number not above `most`, else null."""
    value = text.str.strip_chars().str.strip_suffix(".0").cast(pl.Int64, strict=False)
    return pl.when((value >= 0) & (value <= most)).then(value)


def _word(column: str, table: dict[str, str]) -> pl.Expr:
    return (
        pl.col(column)
        .str.strip_chars(" .。!！[]")
        .str.to_lowercase()
        .replace_strict(table, default=None, return_dtype=pl.String())
    )


def severity(column: str) -> pl.Expr:
    """1…5 from words; `高风险`, `高危`, `高级别` all mean 高."""
    whole = _word(column, words.SEVERITY)
    short = (
        pl.col(column)
        .str.extract(r"^\s*(超危|危急|严重|紧急|高|中|低)(?:风险|危|等|级|$)")
        .replace_strict(words.SEVERITY, default=None, return_dtype=pl.String())
    )
    return pl.coalesce(whole, short).cast(pl.Int8)


def action(column: str) -> pl.Expr:
    """blocked, allowed, alerted, deceived from words; null where the action is another kind of doing."""
    short = pl.col(column).str.len_chars() <= 40
    parts = [
        pl.when(short & pl.col(column).str.contains(pattern)).then(pl.lit(meaning))
        for meaning, pattern in words.ACTION_PARTS
    ]
    return pl.coalesce(_word(column, words.ACTION), *parts)


def outcome(column: str) -> pl.Expr:
    """success, failure or unknown."""
    parts = [
        pl.when(pl.col(column).str.contains(pattern)).then(pl.lit(meaning)) for meaning, pattern in words.OUTCOME_PARTS
    ]
    return pl.coalesce(_word(column, words.OUTCOME), *parts)


def transport(column: str) -> pl.Expr:
    """tcp, udp, icmp … from names and IANA numbers; null where it is an application's protocol."""
    name = pl.col(column).str.to_lowercase().str.strip_prefix("ipproto_").str.extract(r"^\s*(?:ipv[46]/)?([a-z0-9\-]+)")
    name = name.replace(words.TRANSPORT)
    return pl.when(name.is_in(list(words.TRANSPORTS))).then(name)


_URL = (
    r"^(?:(?i:[a-z][a-z0-9+.\-]{1,15})://)?(?P<domain>(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:]+\]|[\w.\-\p{Han}]+\.[\w\-\p{Han}]+))?(?::\d{1,5})?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?"
)


def url_parts(column: str) -> pl.Expr:
    """A struct of domain, path and query; percent signs stay as they came."""
    return pl.col(column).str.extract_groups(_URL)
