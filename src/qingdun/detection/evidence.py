"""From an alert to the lines it stands on: the events it names one by one, and the search that shows them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from qingdun.detection.models import Alert
from qingdun.logs.core.query import Clause, Op, Query
from qingdun.logs.core.query.render import render
from qingdun.logs.search import Event, Key, SearchFailed
from qingdun.logs.search.visible import search_for
from qingdun.logs.views.asked import written

SHOWN = 5  # lines read for the page; the others are links


@dataclass(frozen=True, slots=True)
class Line:
    """证据行: one event of an alert. `event` is empty where it was not read: beyond the first, gone, or not shown."""

    key: str
    at: datetime
    event: Event | None = None

    @property
    def url(self) -> str:
        return reverse("logs:event", args=[self.key])

    @property
    def original(self) -> str:
        return (self.event or {}).get("event.original") or ""


def address(text: str) -> str:
    """The text when it is an address, else nothing."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def query_of(alert: Alert) -> Query:
    """What source and target of an alert look like in the lake."""
    sides = [("source.ip", address(alert.source))]
    sides.append(("destination.ip", address(alert.target)))
    return Query(tuple(Clause(name, Op.IS, (value,)) for name, value in sides if value))


def events_url(alert: Alert) -> str:
    """The search for all events between the alert's source and target in its time."""
    end = alert.last + timedelta(seconds=1)
    asked = {"q": render(query_of(alert)), "from": written(alert.first), "to": written(end)}
    return f"{reverse('logs:search')}?{urlencode({name: value for name, value in asked.items() if value})}"


def keys_of(alert: Alert) -> Iterator[tuple[Key, datetime]]:
    """The events an alert names, the newest first. What cannot be read as a trace is left out."""
    for trace in reversed(alert.evidence):
        try:
            batch, row, moment = trace
            at = datetime.fromisoformat(moment)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            since = at - datetime(1970, 1, 1, tzinfo=UTC)
            yield Key(since // timedelta(microseconds=1), str(batch), int(row)), at
        except (TypeError, ValueError):
            continue


def lines(alert: Alert, user: Any, shown: int = SHOWN) -> list[Line]:
    """The evidence as this reader may see it. Raises PermissionDenied for who may not search at all."""
    door = search_for(user)
    found = []
    for number, (key, at) in enumerate(keys_of(alert)):
        event = None
        if number < shown:
            try:
                event = door.event(key)
            except SearchFailed:
                event = None
        found.append(Line(str(key), at, event))
    return found
