"""The lists the register is held against: one file each in `sources/`, a city adds its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from qingdun.lib.faults import Unbuildable
from qingdun.lib.registry import load

COLUMNS = ("address", "name", "operating_system", "product", "unit")
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "purpose", "english_purpose", "tells", "columns", "compare", "samples"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "purpose": {"type": "string", "minLength": 1},
        "english_purpose": {"type": "string", "minLength": 1},
        "tells": {"enum": ["agent", "host"]},
        "columns": {
            "type": "object",
            "required": ["address"],
            "propertyNames": {"enum": list(COLUMNS)},
            "additionalProperties": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        },
        "compare": {"type": "array", "items": {"enum": ["name", "operating_system", "unit"]}},
        "samples": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["row", "expect"],
                "properties": {"row": {"type": "object"}, "expect": {"type": "object"}},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Source:
    """对账来源: how one list's columns are called, what being listed means, and what is compared."""

    key: str
    name: str
    english: str
    purpose: str
    english_purpose: str
    tells: str
    titles: Mapping[str, str]  # a title a column may stand under → our column
    compare: tuple[str, ...]
    samples: tuple[tuple[dict[str, str], dict[str, str]], ...]

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name

    def about(self, language: str | None) -> str:
        return self.english_purpose if (language or "").startswith("en") else self.purpose

    def row(self, given: Mapping[str, Any]) -> dict[str, str]:
        """A row under any of the titles, under our columns; the others are left out."""
        return {self.titles[title]: str(text).strip() for title, text in given.items() if title in self.titles}


def build(key: str, document: dict[str, Any]) -> Source:
    titles: dict[str, str] = {}
    for column, names in document["columns"].items():
        for name in names:
            if titles.setdefault(name, column) != column:
                raise Unbuildable("columns", f"列名“{name}”写了两次")
    samples = tuple((sample["row"], sample["expect"]) for sample in document["samples"])
    source = Source(
        key=key,
        titles=titles,
        compare=tuple(document["compare"]),
        samples=samples,
        **{name: document[name] for name in ("name", "english", "purpose", "english_purpose", "tells")},
    )
    for row, expect in samples:
        if source.row(row) != expect:
            raise Unbuildable("samples", f"样例读成了 {source.row(row)}，应为 {expect}")
    return source


@cache
def sources() -> Mapping[str, Source]:
    """Every list there may be, by key."""
    return load("qingdun.inventory.sources", build, schema=SCHEMA)
