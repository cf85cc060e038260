"""威胁情报 for programs: feeds and indicators, with the permissions and rules of the pages."""

from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.detection.core.indicators import LONGEST
from qingdun.detection.intelligence import actions, taking
from qingdun.detection.intelligence.actions import MAY
from qingdun.detection.intelligence.forms import TEXT_LARGEST, FeedForm
from qingdun.detection.intelligence.taken import Unreadable
from qingdun.detection.listings.intelligence import FEEDS, INDICATORS, state_of
from qingdun.detection.models import Feed, Indicator
from qingdun.detection.views.intelligence import me
from qingdun.web.machine import Body
from qingdun.web.machine.filled import acted, overlaid
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING_INDICATORS = asking(INDICATORS)
ASKING_FEEDS = asking(FEEDS)


class IndicatorOut(Schema):
    """`state`: standing, over, false (a false positive) or off (its feed is)."""

    id: int
    kind: str
    value: str
    category: str
    weight: int
    note: str
    feed: int = Field(alias="feed_id")
    valid_from: datetime | None
    valid_until: datetime | None
    added: datetime
    hits: int
    last_seen: datetime | None
    looked_back: bool
    mark_reason: str
    state: str

    @staticmethod
    def resolve_state(row: Indicator) -> str:
        return state_of(row)


class IndicatorsIn(Body):
    """Values to enter; all of them or none."""

    values: list[str] = Field(min_length=1, max_length=200)
    category: str = "other"
    weight: int = Field(80, ge=0, le=100)
    days: int = Field(90, ge=0, le=3650)
    note: str = Field("", max_length=200)


class FalsePositive(Body):
    reason: str = Field(min_length=2, max_length=200)


class FeedOut(Schema):
    id: int
    name: str
    shape: str
    address: str
    folder: str
    credential: str
    inside: bool
    category: str
    weight: int | None
    term: int | None
    every: int
    on: bool
    state: str
    next_run: datetime | None


class FeedIn(Body):
    """What is not sent stays as it is; a new one needs at least `name` and `shape`. `every`: hours, 0 by hand."""

    name: str | None = None
    shape: str | None = None
    address: str | None = None
    folder: str | None = None
    credential: str | None = None
    inside: bool | None = None
    category: str | None = None
    weight: int | None = None
    term: int | None = None
    every: int | None = None
    on: bool | None = None


class FeedFile(Body):
    """A file's text as it stands. `dry_run`: only tell what it would change."""

    name: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1, max_length=64 << 20)
    dry_run: bool = False


class FeedOutcome(Schema):
    """`reasons`: why values were refused, how many, and the first of them."""

    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    reasons: list[Any]


@router.get("", response=Rows[IndicatorOut], operation_id="detection_indicators", summary="情报")
def several(request: HttpRequest, turn: Query[ASKING_INDICATORS]) -> Any:  # type: ignore[valid-type]
    return page(request, INDICATORS, turn)


@router.post("", response={201: list[IndicatorOut]}, operation_id="detection_indicators_add", summary="登记情报")
def add(request: HttpRequest, body: IndicatorsIn) -> Any:
    given = body.dict()
    values = [value.replace("\n", " ") for value in given.pop("values")]
    if any(len(value) > LONGEST for value in values) or sum(map(len, values)) > TEXT_LARGEST:
        raise ValidationError({"values": f"太长，每条最多 {LONGEST} 个字符"})
    return Status(201, actions.add_by_hand("\n".join(values), **given, by=me(request)))


@router.get("/stix", response=dict[str, Any], operation_id="detection_indicators_stix", summary="情报的 STIX 2.1 集合")
def bundle(request: HttpRequest) -> Any:
    return orjson.loads(actions.exported(by=me(request)))


@router.get("/feeds", response=Rows[FeedOut], operation_id="detection_feeds", summary="情报源")
def feeds(request: HttpRequest, turn: Query[ASKING_FEEDS]) -> Any:  # type: ignore[valid-type]
    return page(request, FEEDS, turn)


@router.post("/feeds", response={201: FeedOut}, operation_id="detection_feed_create", summary="新增情报源")
def create_feed(request: HttpRequest, body: FeedIn) -> Any:
    policy.require(request.user, MAY, policy.ROOT)
    form = FeedForm()
    form = FeedForm(overlaid(form, body))
    return Status(201, acted(form, lambda: actions.add_feed(form.save(commit=False), by=me(request))))


@router.get("/feeds/{int:pk}", response=FeedOut, operation_id="detection_feed", summary="一个情报源")
def feed(request: HttpRequest, pk: int) -> Any:
    return one(request, FEEDS, pk)


@router.patch("/feeds/{int:pk}", response=FeedOut, operation_id="detection_feed_change", summary="变更情报源")
def change_feed(request: HttpRequest, pk: int, body: FeedIn) -> Any:
    held = _changeable(request, pk)
    form = FeedForm(overlaid(FeedForm(instance=held), body), instance=held)
    return acted(form, lambda: actions.change_feed(form.save(commit=False), by=me(request)))


@router.post("/feeds/{int:pk}/run", response={202: None}, operation_id="detection_feed_run", summary="立即获取")
def run_feed(request: HttpRequest, pk: int) -> Any:
    actions.ask_run(_changeable(request, pk), by=me(request))
    return Status(202, None)


@router.post("/feeds/{int:pk}/file", response=FeedOutcome, operation_id="detection_feed_file", summary="导入情报文件")
def take_file(request: HttpRequest, pk: int, body: FeedFile) -> Any:
    held, content = _changeable(request, pk), body.content.encode()
    try:
        if body.dry_run:
            return taking.preview(held, actions.read_file(held, content, body.name))[1]
        return actions.take_file(held, content, body.name, by=me(request))
    except Unreadable as error:
        raise ValidationError({"content": str(error)}) from None


@router.get("/{int:pk}", response=IndicatorOut, operation_id="detection_indicator", summary="一条情报")
def single(request: HttpRequest, pk: int) -> Any:
    return one(request, INDICATORS, pk)


@router.post("/{int:pk}/mark", response=IndicatorOut, operation_id="detection_indicator_mark", summary="标为误报")
def mark(request: HttpRequest, pk: int, body: FalsePositive) -> Any:
    actions.mark(one(request, INDICATORS, pk), body.reason, by=me(request))
    return one(request, INDICATORS, pk)


@router.post(
    "/{int:pk}/unmark", response=IndicatorOut, operation_id="detection_indicator_unmark", summary="撤销误报标记"
)
def unmark(request: HttpRequest, pk: int) -> Any:
    actions.unmark(one(request, INDICATORS, pk), by=me(request))
    return one(request, INDICATORS, pk)


def _changeable(request: HttpRequest, pk: int) -> Feed:
    found = one(request, FEEDS, pk)
    policy.require(request.user, MAY, found)
    return get_object_or_404(Feed, pk=pk, by_hand=False)
