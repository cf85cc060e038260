"""What stands in rule files, as plain values: rules, correlations, filters, before any field mapping.

A condition is a nested list that JSON can hold, so that it can be cached without pickle:
`["and", [...]]`, `["or", [...]]`, `["not", x]`, `["f", field, test]` and, without a field, `["k", test]`.
A test is one of `["s", parts, cased]` (0 stands for `*`, 1 for `?`, `["%", name]` for a placeholder), `["n", number]`,
`["b", bool]`, `["null"]`, `["exists", bool]`, `["re", parts, flags]`, `["cidr", network]`,
`["cmp", operator, number]`, `["part", unit, operator, number]` and `["ref", field, starts, ends]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Expr = list[Any]
Test = list[Any]


@dataclass(frozen=True, slots=True)
class LogSource:
    """日志源: which logs a rule is about; an empty part says nothing."""

    product: str = ""
    category: str = ""
    service: str = ""

    def parts(self) -> dict[str, str]:
        """The parts that are said."""
        return {name: part for name, part in asdict(self).items() if part}

    def covers(self, other: LogSource) -> bool:
        """Is every part said here said the same there?"""
        return self.parts().items() <= other.parts().items()

    def __str__(self) -> str:
        return "/".join(part or "*" for part in (self.product, self.category, self.service))


@dataclass(frozen=True, slots=True)
class Rule:
    """检测规则: what one event must look like."""

    id: str
    title: str
    level: str | None
    source: LogSource
    expr: Expr
    name: str = ""
    file: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """过滤: a condition added to rules by a site, without touching their files."""

    id: str
    title: str
    source: LogSource
    rules: tuple[str, ...]  # ids or names; empty means any rule of the log source
    expr: Expr
    name: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Correlation:
    """关联规则: what several events together must look like."""

    id: str
    title: str
    level: str | None
    kind: str
    rules: tuple[str, ...]
    seconds: float
    group_by: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bounds: tuple[tuple[str, float], ...] = ()
    expr: Expr | None = None  # an extended condition over rule references: ["r", reference]
    fields: tuple[str, ...] = ()
    percentile: float = 50
    generate: bool = False
    name: str = ""
    file: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()


Document = Rule | Filter | Correlation
KINDS: dict[str, type[Document]] = {"rule": Rule, "filter": Filter, "correlation": Correlation}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that cannot be used: which file, which key in it, why."""

    file: str
    key: str
    reason: str
    rule_id: str = ""

    def __str__(self) -> str:
        where = f"{self.file}（{self.key}）" if self.key else self.file
        return f"{where}：{self.reason}"


def plain(document: Document) -> dict[str, Any]:
    """As JSON holds it, without the file: the same text may stand in two places."""
    kind = next(kind for kind, made in KINDS.items() if isinstance(document, made))
    return {"kind": kind, **asdict(document), "file": ""}


def build(held: Mapping[str, Any], file: str) -> Document:
    """From `plain`; raises TypeError or KeyError for what is none."""
    given = dict(held)
    made = KINDS[given.pop("kind")]
    if "source" in given:
        given["source"] = LogSource(**given["source"])
    for key in ("tags", "rules", "group_by", "fields"):
        if key in given:
            given[key] = tuple(given[key])
    if "bounds" in given:
        given["bounds"] = tuple((operator, number) for operator, number in given["bounds"])
    return made(**{**given, "file": file})
