"""情报格式: what files of intelligence look like, one YAML file a shape in `detection/feeds/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import re2

from qingdun.detection.core.indicators import CATEGORIES, Kind
from qingdun.lib.registry import Unbuildable, load

FORMATS = ("list", "csv", "stix", "taxii", "misp", "misp_csv", "hand")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "name_en", "format", "category", "weight", "term"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "name_en": {"type": "string", "minLength": 1},
        "note": {"type": "string"},
        "note_en": {"type": "string"},
        "format": {"enum": list(FORMATS)},
        "column": {"type": ["integer", "string"], "minimum": 1, "minLength": 1},
        "delimiter": {"type": "string", "minLength": 1, "maxLength": 1},
        "comment": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "exclude": {"type": "string", "minLength": 1},
        "kind": {"enum": [kind.value for kind in Kind]},
        "category": {"enum": list(CATEGORIES)},
        "weight": {"type": "integer", "minimum": 0, "maximum": 100},
        "term": {"type": "integer", "minimum": 0, "maximum": 3650},
        "samples": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["raw", "expect", "refused"],
                "properties": {
                    "raw": {"type": "string"},
                    "expect": {"type": "array", "items": {"type": "string"}},
                    "refused": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, the values that are taken from it, and how many are refused."""

    raw: str
    expect: tuple[str, ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is cut into values, and what they weigh when nobody says otherwise.

    `column` of a table: its number from 1, or its name in the first line. `comment`: signs that begin a comment at the
    start of a line or after a space. `exclude`: lines that match (re2) are passed over. `kind` empty: each value by its
    looks. `term`: days; 0 without end.
    """

    key: str
    name: str
    name_en: str
    format: str
    category: str
    weight: int
    term: int
    note: str = ""
    note_en: str = ""
    column: int | str = 1
    delimiter: str = ","
    comment: tuple[str, ...] = ("#",)
    exclude: str = ""
    kind: str = ""
    samples: tuple[Sample, ...] = ()

    @property
    def is_file(self) -> bool:
        """Can a single file hold it?"""
        return self.format not in ("taxii", "hand")


def build(key: str, document: dict[str, Any]) -> Shape:
    given = dict(document)
    given["comment"] = tuple(given.get("comment", ("#",)))
    given["samples"] = tuple(
        Sample(one["raw"], tuple(one["expect"]), one["refused"]) for one in given.get("samples", ())
    )
    shape = Shape(key=key, **given)
    if shape.is_file and not shape.samples:
        raise Unbuildable("要有至少一个样例", "samples")
    if shape.exclude:
        try:
            re2.compile(shape.exclude)
        except re2.error as error:
            raise Unbuildable(f"不是可用的表达式（RE2）：{error}", "exclude") from None
    return shape


@cache
def shapes() -> dict[str, Shape]:
    """By key, in their order. Raises `BrokenContent`."""
    return dict(load("qingdun.detection.feeds", build, schema=SCHEMA))
