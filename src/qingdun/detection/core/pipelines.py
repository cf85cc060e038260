"""处理管线: how the events of a log source look: which events are its own, and which column holds which field.

A route ties one log source to conditions on fields. An event contradicts a condition only by a different value: an
event that lacks the field is not turned away, for logs are often stripped of what told where they came from. An event
that carries the pipeline's mark belongs to that pipeline's sources and to no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qingdun.detection.core.folding import fold
from qingdun.detection.core.rules import LogSource
from qingdun.lib.registry import Unbuildable, load

PACKAGE = "qingdun.detection.pipelines"
Columns = tuple[str, ...]  # where a field's value stands: the first of these names that the event has

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_VALUE: dict[str, Any] = {"type": ["string", "integer", "null"]}
_NAMES: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_FIELDS: dict[str, Any] = {"type": "object", "additionalProperties": _NAMES}
_WHEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1}]},
}
_SOURCE: dict[str, Any] = {"product": _TEXT, "category": _TEXT, "service": _TEXT}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": _TEXT,
        "mark": {"type": "array", "items": _TEXT, "minItems": 1},
        "time": {"type": "array", "items": _TEXT},
        "strict": {"type": "boolean"},
        "fields": _FIELDS,
        "placeholders": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
        "routes": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "properties": {**_SOURCE, "when": _WHEN, "fields": _FIELDS},
            },
        },
        "samples": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["event", "sources"],
                "properties": {"event": {"type": "object"}, "sources": {"type": "array", "items": _TEXT}},
            },
        },
    },
}


@dataclass(frozen=True)
class Route:
    """路由: events of one log source, and its fields."""

    source: LogSource
    when: Mapping[str, frozenset[str | None]]  # field → folded values, None for its absence
    fields: Mapping[str, Columns]
    mark: Columns = ()
    strict: bool = False  # only the fields named can have a value

    def columns(self, name: str) -> Columns | None:
        """Where a field of a rule stands; None when this source has no such field."""
        return self.fields.get(name, None if self.strict else (name,))


@dataclass(frozen=True)
class Pipeline:
    """One file."""

    key: str
    name: str
    routes: tuple[Route, ...]
    time: Columns = ()
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    general: Route | None = None  # how rules of sources without a route are read
    samples: tuple[tuple[Mapping[str, Any], tuple[str, ...]], ...] = ()

    @classmethod
    def build(cls, key: str, document: dict[str, Any]) -> Pipeline:
        """From a checked document; raises `Unbuildable`."""
        mark, strict = tuple(document.get("mark", ())), document.get("strict", False)
        shared = {name: _names(columns) for name, columns in document.get("fields", {}).items()}
        routes = []
        for number, each in enumerate(document.get("routes", ())):
            source = LogSource(*(each.get(part, "").lower() for part in ("product", "category", "service")))
            if not source.parts():
                raise Unbuildable("至少写 product、category、service 之一", f"routes.{number}")
            when = {name: frozenset(_values(given)) for name, given in each.get("when", {}).items()}
            fields = shared | {name: _names(columns) for name, columns in each.get("fields", {}).items()}
            routes.append(Route(source, when, fields, mark, strict))
        return cls(
            key=key,
            name=document["name"],
            routes=tuple(routes),
            time=tuple(document.get("time", ())),
            placeholders={name: tuple(given) for name, given in document.get("placeholders", {}).items()},
            general=Route(LogSource(), {}, shared, (), strict) if shared and not routes else None,
            samples=tuple((each["event"], tuple(each["sources"])) for each in document.get("samples", ())),
        )


def _names(given: str | list[str]) -> Columns:
    return (given,) if isinstance(given, str) else tuple(given)


def _values(given: Any) -> list[str | None]:
    several = given if isinstance(given, list) else [given]
    return [None if each is None else fold(str(each)) for each in several]


def pipelines() -> Mapping[str, Pipeline]:
    """All pipelines of the package and the site's overlay. Raises `BrokenContent` with every fault of every file."""
    return load(PACKAGE, Pipeline.build, schema=SCHEMA)


GENERAL = Route(LogSource(), {}, {})


def routes_for(source: LogSource, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """The routes a rule of this log source takes: its very own, else those within it, else the nearest it lies in.

    Empty when no pipeline knows the source.
    """
    same = tuple(route for route in routes if route.source == source)
    if same:
        return same
    inside = tuple(route for route in routes if source.covers(route.source))
    if inside:
        return inside
    around = [(len(shared), route) for route in routes if (shared := _agreement(source, route.source))]
    most = max((count for count, _route in around), default=0)
    return tuple(route for count, route in around if count == most)


def _agreement(one: LogSource, other: LogSource) -> dict[str, str]:
    """The parts both say alike; nothing when they contradict each other or when only the product is common."""
    first, second = one.parts(), other.parts()
    shared = {name: part for name, part in first.items() if second.get(name) == part}
    contradicts = any(second.get(name, part) != part for name, part in first.items())
    return {} if contradicts or (shared.keys() == {"product"} and len(second) > 1) else shared
