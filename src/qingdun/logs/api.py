"""Logs for programs: the same searches, permissions and scope as the pages, as JSON.

A search takes `q` (the text of the search page) and either `last` (15m … 30d, all; 24h when nothing is said) or `from`
and `to`. An answer with `complete` false looked only at what happened after `since`, for time was up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from qingdun.access import policy
from qingdun.logs import format_actions
from qingdun.logs.core.query.values import FIELDS
from qingdun.logs.core.workshop import Choices, draft
from qingdun.logs.known import known
from qingdun.logs.listings import SOURCES
from qingdun.logs.search import Coverage, Key, SearchFailed
from qingdun.logs.search.files import as_json
from qingdun.logs.search.visible import search_for
from qingdun.logs.views.asked import Asked
from qingdun.web.machine import Body

router = Router()
T = TypeVar("T")


class Wanted(Schema):
    q: str = ""
    last: str = ""
    start: str = Field("", alias="from")
    end: str = Field("", alias="to")


class Turn(Wanted):
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


class SourceOut(Schema):
    id: int
    name: str
    via: str
    address: str
    format: str
    unit: str | None = Field(None, alias="unit.code")
    registered: bool
    last_seen: datetime | None
    today: int
    today_unread: int


class FormatOut(Schema):
    key: str
    name: str
    vendor: str
    device: str


class PastedIn(Body):
    """Lines of one device and what is decided of their format so far; an empty `body` is guessed."""

    lines: str = Field(max_length=65_536)
    name: str = ""
    vendor: str = ""
    device: str = "app"
    body: str = ""
    literals: list[str] = []
    ties: dict[str, list[str]] = {}
    values: dict[str, dict[str, str]] = {}


class KeyOut(Schema):
    name: str
    lines: int
    examples: list[str]
    suggested: str


class DraftOut(Schema):
    """`text` is the format file, empty while there are faults."""

    body: str
    keys: list[KeyOut]
    preview: list[dict[str, Any]]
    faults: list[str]
    text: str


@router.get("/events", response=Found, operation_id="logs_events", summary="检索日志")
def events(request: HttpRequest, wanted: Query[Turn]) -> dict[str, Any]:
    asked, door = _asked(wanted), search_for(request.user)
    after = Key.parse(wanted.after)
    if wanted.after and after is None:
        raise HttpError(422, f"after={wanted.after} 不是上一页给出的位置")
    page = _answered(lambda: door.page(asked.query, wanted.limit, after, ()))
    rows = [{"id": str(Key.of(event)), **as_json(event)} for event in page.events]
    return {"events": rows, "next": str(page.next) if page.next else None, **_coverage(page.coverage)}


@router.get("/histogram", response=Bars, operation_id="logs_histogram", summary="时间分布")
def histogram(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    asked, door = _asked(wanted), search_for(request.user)
    bars = _answered(lambda: door.histogram(asked.query))
    buckets = [{"start": start, "count": number} for start, number in bars.buckets]
    step = int(bars.step.total_seconds())
    return {"count": bars.count.value, "step_seconds": step, "buckets": buckets, **_coverage(bars.coverage)}


@router.get("/stats/{field}", response=Values, operation_id="logs_stats", summary="字段统计")
def stats(request: HttpRequest, field: str, wanted: Query[Wanted], top: int = 10) -> dict[str, Any]:
    asked, door = _asked(wanted), search_for(request.user)
    if field not in FIELDS:
        raise HttpError(422, f"没有字段 {field}")
    if not 1 <= top <= 1000:
        raise HttpError(422, "top 应在 1 与 1000 之间")
    found = _answered(lambda: door.stats(asked.query, field, top))
    values = [{"value": value, "count": number} for value, number in found.values]
    counts = {"distinct": found.distinct, "present": found.present, "missing": found.missing}
    return {"field": field, "values": values, **counts, **_coverage(found.coverage)}


@router.get("/sources", response=list[SourceOut], operation_id="logs_sources", summary="日志来源")
def sources(request: HttpRequest) -> list[Any]:
    policy.require(request.user, SOURCES.permission)
    return list(SOURCES.rows(request.user).select_related("unit"))


@router.get("/formats", response=list[FormatOut], operation_id="logs_formats", summary="日志格式")
def formats(request: HttpRequest) -> list[Any]:
    policy.require(request.user, "logs.view_sources")
    return list(known().values())


@router.post("/formats/{key}/preview", response=DraftOut, operation_id="logs_format_preview", summary="格式预览")
def preview(request: HttpRequest, key: str, pasted: PastedIn) -> Any:
    """What lines would give under a format in the making; nothing is saved. See the workshop page."""
    policy.require(request.user, "logs.manage_formats", format_actions.PLATFORM)
    choices = Choices(key=key, **pasted.dict(exclude={"lines"}))
    return draft(pasted.lines, choices, timezone.now(), str(timezone.get_default_timezone()))


def _asked(wanted: Wanted) -> Asked:
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
