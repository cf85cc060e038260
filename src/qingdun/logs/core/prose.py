"""Free text: what sentences give away about addresses, users, requests, levels and verdicts."""

# ruff: noqa: E501  (a pattern reads better whole)
from __future__ import annotations

import polars as pl

from qingdun.logs.core import cut
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
    rf"(?i)(?:\bfrom(?: user| host| ip(?: address)?)?|\brhost|\bclient(?: ip| at)?|\bremote(?: address| addr| ip| host)?|\brip|\bsrc|来自|从|通过|源地址|登录地址)"
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


def read(text: pl.DataFrame) -> pl.DataFrame:
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
