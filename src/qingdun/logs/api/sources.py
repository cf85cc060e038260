"""日志来源 for programs: read, register, change, and the push token."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs import actions
from qingdun.logs.forms import SourceForm
from qingdun.logs.listings import SOURCES
from qingdun.logs.views.sources import MANAGE, appeared, managed
from qingdun.web.machine import Body
from qingdun.web.machine.filled import acted, overlaid
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows
from qingdun.web.requests import keep_no_answer

router = Router()
ASKED = asking(SOURCES)


class SourceOut(Schema):
    id: int
    name: str
    via: str
    address: str
    format: str
    unit: str | None = Field(None, alias="unit.code")
    relay: bool
    silent_after: int
    registered: bool
    last_seen: datetime | None
    today: int
    today_unread: int


class SourceIn(Body):
    """`unit` is a unit's code. What is not sent stays as it is; a new one needs at least `name` and `via`."""

    name: str | None = None
    via: str | None = None
    address: str | None = None
    format: str | None = None
    unit: str | None = None
    relay: bool | None = None
    silent_after: int | None = None


class TokenOut(Schema):
    """The push token, in this answer and nowhere else."""

    token: str


@router.get("", response=Rows[SourceOut], operation_id="logs_sources", summary="日志来源")
def several(request: HttpRequest, turn: Query[ASKED]) -> Any:  # type: ignore[valid-type]
    return page(request, SOURCES, turn)


@router.get("/{int:pk}", response=SourceOut, operation_id="logs_source", summary="一个日志来源")
def single(request: HttpRequest, pk: int) -> Any:
    return one(request, SOURCES, pk)


@router.post("", response={201: SourceOut}, operation_id="logs_source_create", summary="登记日志来源")
def create(request: HttpRequest, body: SourceIn) -> Any:
    """A sender that appeared by itself under the same address is claimed, with its history."""
    policy.require(request.user, MANAGE)
    found = appeared(request.user, body.via or "", body.address or "")
    saved = _saved(request, found, body, actions.register_source)
    return Status(201, one(request, SOURCES, saved.pk))


@router.patch("/{int:pk}", response=SourceOut, operation_id="logs_source_change", summary="变更日志来源")
def change(request: HttpRequest, pk: int, body: SourceIn) -> Any:
    _saved(request, managed(request, pk), body, actions.change_source)
    return one(request, SOURCES, pk)


@router.post("/{int:pk}/token", response=TokenOut, operation_id="logs_source_token", summary="生成推送令牌")
def token(request: HttpRequest, pk: int) -> Any:
    """A fresh token; the one before stops working within seconds."""
    clear = actions.new_token(managed(request, pk), by=cast(Account, request.user))
    keep_no_answer(request)
    return {"token": clear}


@router.delete("/{int:pk}/token", response={204: None}, operation_id="logs_source_token_forget", summary="作废推送令牌")
def forget(request: HttpRequest, pk: int) -> Any:
    actions.forget_token(managed(request, pk), by=cast(Account, request.user))
    return Status(204, None)


def _saved(request: HttpRequest, source: Any, body: SourceIn, act: Any) -> Any:
    blank = SourceForm(instance=source, user=request.user)
    sent = overlaid(blank, body)
    units: Any = blank.fields["unit"]
    if body.unit:  # the page's form names a unit by its row, programs by its code
        found = units.queryset.filter(code=body.unit).first()
        sent["unit"] = found.pk if found else 0
    form = SourceForm(sent, instance=source, user=request.user)
    return acted(form, lambda: act(form.save(commit=False), by=request.user))
