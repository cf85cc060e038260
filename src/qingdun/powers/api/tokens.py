"""The caller's own API tokens. A token cannot come here: they are made and withdrawn by people who are signed in."""

from datetime import datetime
from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from qingdun.access import factors
from qingdun.access.actions.tokens import create_token, revoke_token
from qingdun.access.models import Account
from qingdun.powers.listings.tokens import ALL_TOKENS, TOKENS
from qingdun.powers.views.tokens import seen
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Rows
from qingdun.web.requests import keep_no_answer

router = Router()
ASKED, ASKED_OF_ALL = asking(TOKENS), asking(ALL_TOKENS)


class ApiTokenOut(Schema):
    id: int
    account: str = Field(alias="account.username")
    name: str
    prefix: str
    scope: list[str]
    state: str
    created: datetime
    expires: datetime
    revoked: datetime | None
    last_used: datetime | None
    last_address: str


class Made(ApiTokenOut):
    """`token` is in this answer and nowhere else, ever."""

    token: str


class ApiTokenIn(Body):
    name: str = Field(min_length=1, max_length=60)
    scope: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=200)
    days: int


class Withdrawn(Body):
    reason: str = Field("", max_length=200)


@router.get("", response=Rows[ApiTokenOut], operation_id="powers_tokens", summary="我的接口令牌")
def own(request: HttpRequest, turn: Query[ASKED]) -> Any:  # type: ignore[valid-type]
    return page(request, TOKENS, turn)


@router.get("/all", response=Rows[ApiTokenOut], operation_id="powers_all_tokens", summary="全部接口令牌")
def everybodys(request: HttpRequest, turn: Query[ASKED_OF_ALL]) -> Any:  # type: ignore[valid-type]
    return page(request, ALL_TOKENS, turn)


@router.get("/{int:pk}", response=ApiTokenOut, operation_id="powers_token", summary="一个接口令牌")
def one(request: HttpRequest, pk: int) -> Any:
    return seen(request.user, pk)


@router.post("", response={201: Made}, operation_id="powers_token_create", summary="新建接口令牌")
def create(request: HttpRequest, body: ApiTokenIn) -> Any:
    """The answer shows the token this once; under an idempotency key it is not repeated."""
    factors.require_fresh(request)
    made, text = create_token(cast(Account, request.user), body.name, body.scope, body.days)
    keep_no_answer(request)
    shown = seen(request.user, made.pk)
    shown.token = text
    return Status(201, shown)


@router.post("/{int:pk}/revoke", response=ApiTokenOut, operation_id="powers_token_revoke", summary="作废接口令牌")
def revoke(request: HttpRequest, pk: int, body: Withdrawn) -> Any:
    revoke_token(seen(request.user, pk), by=cast(Account, request.user), reason=body.reason)
    return seen(request.user, pk)
