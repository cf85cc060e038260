"""未识别: what no format read, put together by shape, so that one format made answers for many lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import polars as pl
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qingdun.logs import format_actions
from qingdun.logs.core.query import parse
from qingdun.logs.core.shape import shapes
from qingdun.logs.search import Event, SearchFailed
from qingdun.logs.search.visible import search_for
from qingdun.logs.views.rows import names_of

LOOKED_AT = 10_000  # newest unread lines that are put together; the total is counted over all
CLUSTERS = 100
SAMPLES = 3
FOR_A_FORMAT = 20
UNREAD = "error.message:*"
COLUMNS = ("qingdun.source", "event.original")


@dataclass(slots=True)
class Cluster:
    """Lines of one shape. `lines` are different ones, newest first, at most `FOR_A_FORMAT`."""

    first: datetime
    last: datetime
    count: int = 0
    lines: dict[str, None] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)
    sources: list[str] = field(default_factory=list)

    @property
    def samples(self) -> list[str]:
        return list(self.lines)[:SAMPLES]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def take(self, event: Event) -> None:
        self.first, self.count = event["@timestamp"], self.count + 1
        self.ids.add(event["qingdun.source"])
        if len(self.lines) < FOR_A_FORMAT:
            self.lines[event["event.original"] or ""] = None


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    door = search_for(request.user)
    last = request.GET.get("last", "7d")
    days = {"24h": 1, "7d": 7, "30d": 30}.get(last, 7)
    query = parse(UNREAD).within(timezone.now() - timedelta(days=days), None)
    problem, events, count = "", [], None
    try:
        events, count = door.page(query, LOOKED_AT, None, COLUMNS).events, door.count(query)
    except SearchFailed as error:
        problem = error.said(_)
    words = {"24h": _("24 小时"), "7d": _("7 天"), "30d": _("30 天")}
    clusters = _together(events)
    context = {
        "clusters": _named(clusters[:CLUSTERS]),
        "shapes": len(clusters),
        "most": CLUSTERS,
        "looked": len(events),
        "count": count,
        "problem": problem,
        "presets": [
            (title, f"?last={key}", days == int(key.rstrip("hd")) or key == last) for key, title in words.items()
        ],
        "all_url": f"{reverse('logs:search')}?{urlencode({'q': UNREAD, 'last': last})}",
        "may_manage": format_actions.may_manage(request.user),
    }
    return render(request, "logs/unread.html", context)


def _together(events: list[Event]) -> list[Cluster]:
    """The largest clusters first. Events come newest first."""
    kinds = shapes(pl.Series([event["event.original"] or "" for event in events], dtype=pl.String))
    found: dict[str, Cluster] = {}
    for event, kind in zip(events, kinds, strict=True):
        found.setdefault(kind, Cluster(event["@timestamp"], event["@timestamp"])).take(event)
    return sorted(found.values(), key=lambda one: -one.count)


def _named(clusters: list[Cluster]) -> list[Cluster]:
    names = names_of([{"qingdun.source": one} for cluster in clusters for one in cluster.ids])
    for cluster in clusters:
        cluster.sources = [names.get(one, f"#{one}") for one in sorted(cluster.ids)]
    return clusters
