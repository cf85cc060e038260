"""External identities, and the request for a lost second factor."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from qingdun.access import actions, factors, policy, requests
from qingdun.access.actions import NotLawful
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account, Identity
from qingdun.powers.api.approvals import ApprovalOut
from qingdun.powers.listings.identities import IDENTITIES
from qingdun.powers.views.shared import me
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING = asking(IDENTITIES)


class IdentityOut(Schema):
    id: int
    account: str = Field(alias="account.username")
    door: str
    external_id: str
    created: datetime
    used: datetime | None


class IdentityIn(Body):
    account: str = Field(max_length=40)
    door: str = Field(max_length=60)
    external_id: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=2, max_length=200)


class Lost(Body):
    account: str = Field(max_length=40)
    reason: str = Field(min_length=2, max_length=200)


class Why(Body):
    reason: str = Field(min_length=2, max_length=200)


@router.get("", response=Rows[IdentityOut], operation_id="powers_identities", summary="外部身份")
def listed(request: HttpRequest, turn: Query[ASKING]) -> Any:  # type: ignore[valid-type]
    return page(request, IDENTITIES, turn)


@router.post("", response={201: IdentityOut}, operation_id="powers_identity_create", summary="登记外部身份")
def tie(request: HttpRequest, body: IdentityIn) -> Any:
    policy.require(request.user, "access.create")
    factors.require_fresh(request)
    try:
        made = actions.tie(_account(body.account), body.door, body.external_id, by=me(request), reason=body.reason)
    except ValidationError as error:
        raise HttpError(422, "；".join(error.messages)) from None
    return Status(201, made)


@router.post("/{int:pk}/end", response={204: None}, operation_id="powers_identity_end", summary="取消外部身份")
def untie(request: HttpRequest, pk: int, body: Why) -> Any:
    policy.require(request.user, "access.create")
    factors.require_fresh(request)
    found = get_object_or_404(Identity.objects.visible_to(request.user), pk=pk)
    actions.untie(found, by=me(request), reason=body.reason)
    return Status(204, None)


@router.post("/factor-resets", response=ApprovalOut, operation_id="powers_ask_factor_reset", summary="申请重置第二验证")
def ask_factor_reset(request: HttpRequest, body: Lost) -> Any:
    try:
        return requests.ask_factor_reset(_account(body.account), by=me(request), reason=body.reason)
    except (NotLawful, NotPossible) as refused:
        raise HttpError(422, str(refused)) from None


def _account(username: str) -> Account:
    found = Account.objects.filter(username=username.lower(), is_active=True).select_related("person__unit").first()
    if found is None:
        raise HttpError(422, f"没有在用的账号 {username}")
    return found
