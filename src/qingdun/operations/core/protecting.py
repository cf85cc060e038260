"""保护名单文件: the files `operations/protected/*.yaml`, addresses of one sort that are never blocked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qingdun.lib.registry import Unbuildable
from qingdun.operations.core.guards import NotBlockable, Range

_TEXT = {"type": "string", "minLength": 1}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "kind", "source", "addresses"],
    "properties": {
        "name": _TEXT,
        "english": _TEXT,
        "kind": {"enum": ["own", "exit", "shared", "dns", "upper", "cdn", "crawler", "other"]},
        "source": _TEXT,
        "addresses": {"type": "array", "items": _TEXT, "minItems": 1},
    },
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One file: what it is called, where its addresses come from, and the ranges."""

    key: str
    name: str
    english: str
    source: str
    ranges: tuple[Range, ...]


def build(key: str, document: Mapping[str, Any]) -> Listed:
    """Raises Unbuildable for an address that is none."""
    kind, name = document["kind"], document["name"]
    try:
        ranges = tuple(Range.of(text, kind, name, f"operations/protected/{key}") for text in document["addresses"])
    except NotBlockable as wrong:
        raise Unbuildable(str(wrong), "addresses") from None
    return Listed(key, name, document["english"], document["source"], ranges)
