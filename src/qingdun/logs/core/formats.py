"""日志格式: one file per device says how to recognise its lines, how to cut them and what its keys mean.

A format states only what the synonyms cannot know; everything else they fill. Each carries its own samples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from qingdun.lib.registry import Unbuildable, load
from qingdun.logs.core import cut
from qingdun.logs.core.cut import Body
from qingdun.logs.core.fields import Ties
from qingdun.logs.core.schema import DERIVED, SCHEMA

PACKAGE = "qingdun.logs.formats"
WIDEST = 1024  # numbers that one range of raw values may stand for


@dataclass(frozen=True)
class LogFormat:
    """格式: how one device writes."""

    key: str
    name: str
    vendor: str
    device: str
    all: tuple[str, ...]
    any: tuple[str, ...]
    app: tuple[str, ...]
    regex: str
    body: Body
    part: str = ""
    extract: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    samples: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @classmethod
    def build(cls, key: str, document: dict[str, Any]) -> LogFormat:
        """From a checked document; raises `Unbuildable` for patterns, zones and expectations that cannot be."""
        when = document["when"]
        made = cls(
            key=key,
            name=document["name"],
            vendor=document["vendor"],
            device=document["device"],
            all=tuple(when.get("all", ())),
            any=tuple(when.get("any", ())),
            app=tuple(when.get("app", ())),
            regex=when.get("regex", ""),
            body=Body.parse(document["body"]),
            part=document.get("part", ""),
            extract=_several(document.get("extract", ())),
            fields={column: _several(keys) for column, keys in document.get("fields", {}).items()},
            values={column: _expand(column, table) for column, table in document.get("values", {}).items()},
            constants={column: str(value) for column, value in document.get("set", {}).items()},
            zone=document.get("zone", ""),
            samples=tuple((sample["raw"], sample["expect"]) for sample in document["samples"]),
        )
        made._check()
        return made

    def _check(self) -> None:
        for where, pattern in (
            ("when.regex", self.regex),
            ("part", self.part),
            *(("extract", p) for p in self.extract),
        ):
            _pattern(where, pattern)
        for pattern in (*self.body.patterns, self.body.between if self.body.kind == "kv" else ""):
            _pattern("body", pattern)
        if self.zone:
            try:
                pl.Series([None], dtype=pl.Datetime("us")).dt.replace_time_zone(self.zone)
            except pl.exceptions.PolarsError:
                raise Unbuildable(f"没有时区 “{self.zone}”", "zone") from None

    @cached_property
    def weight(self) -> int:
        """How telling the recognition is: of two formats that fit a line the heavier one reads it."""
        return sum(map(len, self.all)) + min(map(len, self.any), default=0) + 4 * bool(self.app)

    @cached_property
    def ties(self) -> Ties:
        """What this format's keys mean."""
        mapped = {column for column in self.values if column not in DERIVED}
        kept = frozenset(key for column in mapped for key in self.fields.get(column, ()))
        return Ties(self.fields, kept, tuple(self.values.get("event.outcome", {})))


def formats() -> Mapping[str, LogFormat]:
    """All formats of the package and the site's overlay. Raises `BrokenContent` with every fault of every file."""
    return load(PACKAGE, LogFormat.build, schema=SCHEMA)


def _several(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _pattern(where: str, pattern: str) -> None:
    if not pattern:
        return
    try:
        cut.names(pattern)
    except pl.exceptions.PolarsError as error:
        raise Unbuildable(f"不是合法的正则表达式：{pattern}（{str(error).splitlines()[0]}）", where) from None


def _expand(column: str, table: Mapping[str, Any]) -> dict[str, str]:
    """`8..10` stands for each of its numbers, `&30` for every number up to 1023 that shares a bit with 30."""
    expanded: dict[str, str] = {}
    for raw, meaning in table.items():
        if span := re.fullmatch(r"(\d+)\.\.(\d+)", str(raw)):
            first, last = int(span[1]), int(span[2])
            if last - first >= WIDEST:
                raise Unbuildable(f"范围 {raw} 超过 {WIDEST} 个数", f"values.{column}")
            words = [str(number) for number in range(first, last + 1)]
        elif bits := re.fullmatch(r"&(\d+)", str(raw)):
            words = [str(number) for number in range(1024) if number & int(bits[1])]
        else:
            words = [str(raw)]
        expanded |= {word: str(meaning) for word in words if word not in expanded}
    if column == "event.severity" and (wrong := set(expanded.values()) - set("12345")):
        raise Unbuildable(f"严重级别只能是 1 至 5，不能是 {'、'.join(sorted(wrong))}", "values.event.severity")
    return expanded
