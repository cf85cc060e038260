"""Searching events: pages of them, one of them, their distribution over time, the values of a field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from qingdun import audit
from qingdun.logs.core.query.values import FIELDS
from qingdun.logs.search import Coverage, Key, SearchFailed
from qingdun.logs.search.files import as_json
from qingdun.logs.search.visible import EXPORT, search_for
from qingdun.logs.views.asked import Asked

router = Router()
SHOWN_AT_ONCE = 100  # what a page of results shows, about; more is an export
T = TypeVar("T")
Top = Annotated[int, Field(ge=1, le=1000)]


class EventsWanted(Schema):
    q: str = ""
    last: str = ""
    start: str = Field("", alias="from")
    end: str = Field("", alias="to")


class EventsTurn(EventsWanted):
    limit: int = Field(50, ge=1, le=1000)
    after: str = ""


class Found(Schema):
    """`next` goes into `after` for the following page; null when there is none."""

    events: list[dict[str, Any]]
    next: str | None
    complete: bool
    since: datetime | None


class Bucket(Schema):
    start: datetime
    count: int


class Bars(Schema):
    count: int
    step_seconds: int
    buckets: list[Bucket]
    complete: bool
    since: datetime | None


class Value(Schema):
    value: str | int
    count: int


class Values(Schema):
    field: str
    values: list[Value]
    distinct: int
    present: int
    missing: int
    complete: bool
    since: datetime | None


@router.get("/events", response=Found, operation_id="logs_events", summary="检索日志")
def events(request: HttpRequest, wanted: Query[EventsTurn]) -> dict[str, Any]:
    """`limit` above 100 takes events out of the platform: it needs the permission to export, and is on record."""
    taken_out = wanted.limit > SHOWN_AT_ONCE
    asked, door = _asked(wanted), search_for(request.user, export=taken_out)
    after = Key.parse(wanted.after)
    if wanted.after and after is None:
        raise HttpError(422, _("after=%s 不是上一页给出的位置") % wanted.after[:100])
    page = _answered(lambda: door.page(asked.query, wanted.limit, after, ()))
    rows = [{"id": str(Key.of(event)), **as_json(event)} for event in page.events]
    if taken_out:
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            audit.record(request.user, EXPORT, f"api {asked.url(after=wanted.after)}", _("导出 %s 条日志") % len(rows))
    return {"events": rows, "next": str(page.next) if page.next else None, **_coverage(page.coverage)}


@router.get("/histogram", response=Bars, operation_id="logs_histogram", summary="时间分布")
def histogram(request: HttpRequest, wanted: Query[EventsWanted]) -> dict[str, Any]:
    asked, door = _asked(wanted), search_for(request.user)
    bars = _answered(lambda: door.histogram(asked.query))
    buckets = [{"start": start, "count": number} for start, number in bars.buckets]
    step = int(bars.step.total_seconds())
    return {"count": bars.count.value, "step_seconds": step, "buckets": buckets, **_coverage(bars.coverage)}


@router.get("/stats/{field}", response=Values, operation_id="logs_stats", summary="字段统计")
def stats(request: HttpRequest, field: str, wanted: Query[EventsWanted], top: Top = 10) -> dict[str, Any]:
    asked, door = _asked(wanted), search_for(request.user)
    if field not in FIELDS:
        raise HttpError(422, _("没有字段 %s") % field[:100])
    found = _answered(lambda: door.stats(asked.query, field, top))
    values = [{"value": value, "count": number} for value, number in found.values]
    counts = {"distinct": found.distinct, "present": found.present, "missing": found.missing}
    return {"field": field, "values": values, **counts, **_coverage(found.coverage)}


@router.get("/events/{key}", response=dict[str, Any], operation_id="logs_event", summary="一条日志")
def event(request: HttpRequest, key: str) -> dict[str, Any]:
    """One event with all its columns; `key` is the `id` it has in a search."""
    door, place = search_for(request.user), Key.parse(key)
    found = _answered(lambda: door.event(place)) if place else None
    if found is None:
        raise Http404
    return {"id": str(Key.of(found)), **as_json(found)}


def _asked(wanted: EventsWanted) -> Asked:
    given = {"q": wanted.q, "last": wanted.last, "from": wanted.start, "to": wanted.end}
    asked = Asked.read(given, timezone.now())
    if asked.problem:
        raise HttpError(422, asked.problem)
    return asked


def _answered(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except SearchFailed as error:
        raise HttpError(503, error.said(gettext)) from None


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {"complete": coverage.complete, "since": coverage.since}
