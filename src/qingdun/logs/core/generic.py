"""Reading without a format: JSON anywhere, key=value, key:value, then what free text gives away.

Most Chinese devices have no public format; measured on 1,200 of their lines this mapper alone reads three quarters
(device_formats §1.1). Ties come from the synonyms, weak ones included.
"""

# ruff: noqa: E501  (a pattern reads better whole)
from __future__ import annotations

import polars as pl

from qingdun.logs.core import cut, objects, pairs
from qingdun.logs.core.fields import Ties, leftovers, pick
from qingdun.logs.core.normal import V4
from qingdun.logs.core.times import ANYWHERE

_HEX = r"[0-9A-Fa-f]{1,4}"
#: In free text an IPv6 address must have eight groups or a `::`, else times and MAC addresses would pass for one.
_V6 = rf"(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{1,6}}:(?:{_HEX}(?::{_HEX}){{0,5}})?|::(?:(?i:ffff):{V4}|{_HEX}(?::{_HEX}){{0,6}})"
_ADDRESS = rf"(?:{V4}|{_V6})"
_PORT = r"(?:[:#]|,? (?:port|端口)[ :]?)(?<{}>\d{{1,5}})\b"
_METHOD = r"\b(?<http.request.method>GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|PROPFIND|TRACE|REPORT)"
_LEVEL = r"(?<log.level>(?i:emerg(?:ency)?|alert|crit(?:ical)?|error|err|warning|warn|wrn|notice|info|inf|debug|fatal|trace))"

#: Each is tried on every line; of two that give a column the earlier wins.
_PATTERNS = (
    rf"\[?(?<source.ip>{_ADDRESS})\]?(?:\([^)]*\))?(?:[:# ](?<source.port>\d{{1,5}}))?(?:\([^)]*\))?,? ?(?:-+>|=+>|→|to|到) ?"
    rf"[^\d\[]{{0,12}}?\[?(?<destination.ip>{_ADDRESS})\]?(?:\([^)]*\))?(?:[: ](?<destination.port>\d{{1,5}}))?",
    rf"(?<source.ip>{V4})[ ,|]+(?<source.port>\d{{1,5}})[ ,|]+(?<destination.ip>{V4})[ ,|]+(?<destination.port>\d{{1,5}})\b",
    rf"(?<source.ip>{V4}):(?<source.port>\d{{1,5}})[~|,; ](?<destination.ip>{V4}):(?<destination.port>\d{{1,5}})\b",
    rf"(?<source.ip>{V4}),(?<destination.ip>{V4}),(?<source.port>\d{{1,5}}),(?<destination.port>\d{{1,5}})\b",
    rf"(?i)(?:\bfrom(?: user| host| ip(?: address)?)?|\brhost|\bclient(?: ip| at)?|\bremote(?: address| addr| ip)?|\brip|\bsrc|来自|从|通过|源地址|登录地址)"
    rf"""[\s:="'`\\\[<(,]{{0,4}}(?:[\w.\-]+ ?[\[(]{{1,2}}|ipv[46]:)?(?<source.ip>{_ADDRESS})[\])'"]*(?:{_PORT.format("source.port")})?""",
    rf"\[(?<source.ip>{_ADDRESS})\]:(?<source.port>\d{{1,5}})\b",
    rf"""(?i)\b(?:ip(?: address)?|address|host|addr|ip地址)[\s:="'`\[<(]{{1,4}}(?<source.ip>{_ADDRESS})[\])'"]*(?:{_PORT.format("source.port")})?""",
    rf"(?:^|[^\w.:\-/])(?<source.ip>{_ADDRESS})\]?(?:{_PORT.format('source.port')})?(?:$|[^\w.]|\.(?:\D|$))",
    rf"(?:到|访问|目的|目标|target|dest\w*|server)[\s:=\[]{{0,3}}(?<destination.ip>{_ADDRESS})",
    _METHOD
    + r'[ :]+"?(?<url.original>(?:/|https?:)[^\s"]*)(?: HTTP/(?<http.version>[\d.]+))?"?(?:,? (?<http.response.status_code>[1-5]\d\d)\b)?',
    _METHOD
    + r'\s+(?:https? )?(?<url.domain>[\w\-]+(?:\.[\w\-]+)+)\s+"?(?<url.path>/[^\s"]*)"?(?:\s+(?<http.response.status_code>[1-5]\d\d)\b)?',
    r"(?:^|\s)(?<http.response.status_code>[1-5]\d\d)(?: [1-5]\d\d)? - (?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH) ",
    r" -?\d+(?:/[+\-]?\d+){2,5} (?<http.response.status_code>[1-5]\d\d) ",
    r"(?<url.original>https?://[^\s\"'<>，]+)",
    r"(?i)(?:\b(?:status|returned|code|responded|response)[\s=:\"(]{1,3}|\| +|\s\(|: )(?<http.response.status_code>[1-5]\d\d)(?:[\s),:|\"]|$)",
    r"""(?i)(?:invalid user|for user|user(?:name)?|login|account|账号|帐号|用户)[\s:=]{0,3}["'`\[<“]{1,2}(?<user.name>[^"'`\]>”\s]{1,64})""",
    r"(?i)\b(?:invalid user|for user|for invalid user|password for|publickey for|by admin|admin user|login name|username|user) (?<user.name>[\w.@\\\-$+]{1,64})",
    rf"^.{{0,100}}?[\[|(<]\s?{_LEVEL}\s?[\]|)>]",
    rf"^\W{{0,3}}{_LEVEL}\b",
    rf"[a-z]-{_LEVEL}-\d",
    r"^[^a-z]{0,60}\b(?<log.level>ERROR|WARN|WARNING|INFO|DEBUG|FATAL|CRITICAL|CRIT|NOTICE)\b",
    r"(?i)\b(?<event.action>dropped|drop|blocked|block|denied|deny|rejected|reject|refused|banned|banning|permitted|allowed|accepted)\b",
    r"(?<event.action>拒绝|阻断|拦截|丢弃|阻止|放行|允许)",
    r"触发\[?(?<rule.name>[^\[\]，。]{1,60})\]?(?<event.action>告警|报警|阻断)",
    r"(?:做|进行了?)[\[【]?(?<event.action>[\w]{1,20})",
    r"\]?(?<event.action>访问|登录|登陆|注销|退出)",
    r"%%?(?:\d\d)? ?(?<event.code>[A-Za-z][\w\-]*)[/\-](?<log.level>[0-7])[/\-](?<rule.name>[A-Z][\w\-]+)",
    rf"(?<time>{ANYWHERE[1:-1]})",
)
#: What the reader calls itself where it had no format.
FORM = "generic"
_WHAT = ("event.action", "rule.name", "log.level", "url.original")
_TIES = Ties({})
_OBJECT = r"""\{\s*["“'][^"”'{}]+["”']\s*[:=]"""
_EQUALS = r"[\w\]\)\p{Han}]\s?=\s?"
_COLON = r"(?:^|[\s,;，；|\[(\"'`])[A-Za-z\p{Han}][\w\-./ ]*(?:\(\d+\))?[:：]"
_SPACED = r"(?i)\b(?:sip|dip|src|dst|srcip|dstip|sport|dport|smac|dmac|prot|proto|user|module|result) [^\s=:]"
_SPACED_KEYS = (
    *(
        "sip",
        "dip",
        "src",
        "dst",
        "srcip",
        "dstip",
        "sport",
        "dport",
        "srcport",
        "dstport",
        "smac",
        "dmac",
        "prot",
        "proto",
    ),
    *(
        "type",
        "id",
        "name",
        "times",
        "user",
        "ip",
        "module",
        "cmd",
        "result",
        "action",
        "reason",
        "level",
        "policy",
        "url",
    ),
)
#: `"key:value","key:value"`: the quotes stand around pairs, not values.
_QUOTED = r'"\w+:[^"]*","\w+:'
#: With this many `key:` in a line they are its layout, and what fills no column is kept as well.
_LAID_OUT = 4


def read(lines: pl.DataFrame) -> pl.DataFrame:
    """Text columns by `row`, for the lines that gave anything at all."""
    text = lines.select("row", pl.col("body").alias("text"))
    columns, rest = pick(_cells(text).with_columns(form=pl.lit(FORM)), {FORM: _TIES})
    found = columns.join(leftovers(rest), on="row", how="full", coalesce=True)
    free = _free(text.join(_told(found), on="row", how="anti"))
    found = found.join(free, on="row", how="full", coalesce=True, suffix="/free")
    if "source.port" in free.columns and "source.ip" in columns.columns:  # a port belongs to its own address
        port = "source.port/free" if "source.port" in columns.columns else "source.port"
        found = found.with_columns(pl.when(pl.col("source.ip").is_null()).then(port).alias(port))
    if {"source.ip", "destination.ip"} <= set(found.columns):
        name = "source.ip/free" if "source.ip/free" in found.columns else "source.ip"
        found = found.with_columns(pl.when(pl.col(name).ne_missing(pl.col("destination.ip"))).then(name).alias(name))
    for name in free.columns[1:]:
        if f"{name}/free" in found.columns:
            found = found.with_columns(pl.coalesce(name, f"{name}/free").alias(name)).drop(f"{name}/free")
    return found


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


def _free(text: pl.DataFrame) -> pl.DataFrame:
    """What prose says: addresses by the words before them, a request, a user, a level, a verdict."""
    found = text.select("row")
    for pattern in _PATTERNS:
        got = cut.match(text, pattern)
        if got.height:
            found = _add(found, got)
    return found.filter(~pl.all_horizontal(pl.exclude("row").is_null())) if found.width > 1 else found.clear()


def _add(found: pl.DataFrame, got: pl.DataFrame) -> pl.DataFrame:
    """A later pattern only fills what is empty; an address and its port come from one pattern."""
    if "source.port" in got.columns and "source.ip" in found.columns:
        free = found.filter(pl.col("source.ip").is_null()).select("row")
        got = got.join(free, on="row", how="semi")
    joined = found.join(got, on="row", how="left", suffix="/new", maintain_order="left")
    for name in got.columns[1:]:
        if f"{name}/new" in joined.columns:
            joined = joined.with_columns(pl.coalesce(name, f"{name}/new").alias(name)).drop(f"{name}/new")
    return joined
