"""规则库 as pages show it: each rule of the book with what the installation makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count

from qingdun.detection import book as books
from qingdun.detection.book import Entry
from qingdun.detection.core.load import Loaded
from qingdun.detection.core.pipelines import Pipeline, Route, pipelines, routes_for
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.rules import Correlation, Expr, Filter, Refusal, Rule
from qingdun.detection.models import Alert, RuleState, RuleSwitch

DAYS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: its entry, its document, whether it is at work, what it found and what it cost."""

    entry: Entry
    document: Rule | Correlation
    never: str  # why it can never fire; empty when it can
    switch: RuleSwitch | None
    state: RuleState | None
    alerts: int  # of the last days, as far as the reader may see them

    @property
    def source(self) -> str:
        """The log source it is about; a correlation is about its rules'."""
        return str(self.document.source) if isinstance(self.document, Rule) else ""

    @property
    def status(self) -> str:
        """off, resting, never or on."""
        if self.switch is not None:
            return "off"
        if self.state is not None and self.state.rested is not None:
            return "resting"
        return "never" if self.never else "on"


@dataclass(frozen=True, slots=True)
class Reach:
    """One log source of a rule: can it fire there, and if not, which fields are lacking?"""

    route: Route
    fires: bool
    lacks: tuple[str, ...]

    @property
    def conditions(self) -> list[tuple[str, list[str]]]:
        return [
            (name, sorted("∅" if one is None else one for one in wanted)) for name, wanted in self.route.when.items()
        ]


def lines(user: Any, now: datetime) -> list[Line]:
    """Every rule and correlation that can be used, grave ones first."""
    loaded, entries = books.documents(), books.book()
    never = {one.rule_id.lower(): one.reason for one in _linked(_Held(loaded)).idle}
    switches = {one.rule.lower(): one for one in RuleSwitch.objects.standing(now).select_related("by__person")}
    states = {one.rule.lower(): one for one in RuleState.objects.all()}
    recent = Alert.objects.visible_to(user).filter(last__gte=now - timedelta(days=DAYS)).order_by()
    hits = dict(recent.values_list("rule").annotate(rows=Count("pk")))
    found = [
        Line(
            entries[key],
            document,
            never.get(document.id.lower(), "") if document.id else "",
            switches.get(key),
            states.get(key),
            hits.get(entries[key].id, 0),
        )
        for document in loaded.documents
        if not isinstance(document, Filter) and (key := books.key(document).lower()) in entries
    ]
    return sorted(found, key=lambda line: (-line.entry.level, line.entry.title))


def line(rule: str, user: Any, now: datetime) -> Line | None:
    """One of them, by its id."""
    return next((one for one in lines(user, now) if one.entry.id.lower() == rule.lower()), None)


def refused() -> tuple[Refusal, ...]:
    """What cannot be used, in files or when put together."""
    loaded = books.documents()
    return (*loaded.refused, *_linked(_Held(loaded)).refused)


def reach(document: Rule | Correlation) -> Iterator[Reach]:
    """The log sources of a rule. A correlation has those of its rules."""
    if isinstance(document, Correlation):
        return
    several = pipelines()
    known = tuple(route for each in several.values() for route in each.routes)
    working = {id(route) for route in link([document], several).routes}
    asked = sorted(set(fields(document.expr)))
    for route in routes_for(document.source, known):
        yield Reach(route, id(route) in working, tuple(name for name in asked if route.columns(name) is None))


def fields(expr: Expr) -> Iterator[str]:
    """The fields a condition asks for."""
    match expr:
        case ["and" | "or", list() as several]:
            for each in several:
                yield from fields(each)
        case ["not", list() as one]:
            yield from fields(one)
        case ["f", str() as name, _test]:
            yield name


def whole() -> Program:
    """All rules of the book, put together."""
    return _linked(_Held(books.documents()))


class _Held:
    """Documents that were read once are the same object; putting them together takes a second for thousands."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded

    def __hash__(self) -> int:
        return id(self.loaded)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.loaded is self.loaded


@lru_cache(maxsize=1)
def _linked(held: _Held) -> Program:
    several: Mapping[str, Pipeline] = pipelines()
    return link(held.loaded.documents, several)
