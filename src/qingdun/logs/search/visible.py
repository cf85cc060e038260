"""The one door to the lake for people: every question carries the sources its reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from qingdun.access import policy
from qingdun.logs.core.query import Query
from qingdun.logs.models import Source
from qingdun.logs.search import EVERYTHING, Count, Engine, Event, Histogram, Key, Page, Reach, Stats
from qingdun.logs.search.local import engine

SEARCH, EXPORT = "logs.search", "logs.export"


def reach(user: Any, *permissions: str) -> Reach:
    """The sources over which `user` holds all these permissions. A source without unit belongs to the root."""
    scopes = [policy.scope(user, permission) for permission in permissions]
    if all(scope.everywhere for scope in scopes):
        return EVERYTHING
    sources = Source.objects.order_by()
    for scope in scopes:
        sources = sources.filter(scope.q())
    return Reach(frozenset(sources.values_list("pk", flat=True)))


@dataclass(frozen=True, slots=True)
class Search:
    """The engine as one reader may use it."""

    engine: Engine
    reach: Reach

    def page(self, query: Query, limit: int, after: Key | None, columns: tuple[str, ...], budget: float = 3) -> Page:
        return self.engine.page(query, self.reach, limit=limit, after=after, columns=columns, budget=budget)

    def event(self, key: Key) -> Event | None:
        return self.engine.event(key, self.reach)

    def count(self, query: Query, budget: float = 3) -> Count:
        return self.engine.count(query, self.reach, budget=budget)

    def histogram(self, query: Query, now: datetime | None = None, budget: float = 3) -> Histogram:
        return self.engine.histogram(query, self.reach, now=now or timezone.now(), budget=budget)

    def stats(self, query: Query, field: str, top: int = 10, budget: float = 3) -> Stats:
        return self.engine.stats(query, self.reach, field, top=top, budget=budget)

    def export(self, query: Query, limit: int) -> Iterator[list[Event]]:
        return self.engine.export(query, self.reach, limit=limit)


def search_for(user: Any, *, export: bool = False) -> Search:
    """Raises PermissionDenied for whoever may search nowhere (or, with `export`, take nothing out)."""
    for permission in (SEARCH, EXPORT) if export else (SEARCH,):
        policy.require(user, permission)
    return Search(engine(), reach(user, SEARCH, EXPORT) if export else reach(user, SEARCH))
