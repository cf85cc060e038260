"""Grants, delegations and refusals, and asking for roles, accounts and renewals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from qingdun.access import actions, policy, requests
from qingdun.access.models import Delegation, Grant, Refusal
from qingdun.powers.api.shared import Code, Name, Reason, Why, account_named, in_words, me, unit_of
from qingdun.powers.listings import DELEGATIONS, GRANTS, REFUSALS
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

grants = Router()
delegations = Router()
refusals = Router()
asks = Router()
GRANT = "access.grant"


class GrantOut(Schema):
    id: int
    account: str = Field(alias="account.username")
    name: str = Field(alias="account.person.name")
    role: str
    unit: str = Field(alias="unit.code")
    starts: date
    ends: date
    reason: str
    delegation: int | None = Field(alias="delegation_id")
    ended: datetime | None
    ended_why: str


class DelegationOut(Schema):
    """`grant` null: the giver's approvals."""

    id: int
    giver: str = Field(alias="giver.username")
    taker: str = Field(alias="taker.username")
    grant: int | None = Field(alias="grant_id")
    starts: date
    ends: date
    reason: str
    ended: datetime | None


class RefusalOut(Schema):
    id: int
    account: str = Field(alias="account.username")
    permission: str
    unit: str = Field(alias="unit.code")
    starts: date
    ends: date | None
    reason: str
    ended: datetime | None


class DelegationIn(Body):
    """`grant`: an own grant's number, null for the own approvals."""

    taker: Code
    grant: int | None = Field(None, ge=1, le=2**62)
    starts: date
    ends: date
    reason: Why


class RefusalIn(Body):
    account: Code
    permission: str = Field(min_length=1, max_length=60)
    unit: Code
    starts: date
    ends: date | None = None
    reason: Why


class RoleIn(Body):
    """`account`: for whom, the caller when left out."""

    account: Code | None = None
    role: Code
    unit: Code
    ends: date
    reason: Why


class AccountIn(Body):
    name: Name
    username: str = Field(min_length=3, max_length=40)
    unit: Code
    post: str = Field("", max_length=60)
    reason: Why


class RenewIn(Body):
    ends: date
    reason: Why


class AskedOut(Schema):
    """The approval that was put on its way; see `powers_approval`."""

    id: int
    kind: str
    title: str
    state: str


AskGrants: Any = asking(GRANTS)
AskDelegations: Any = asking(DELEGATIONS)
AskRefusals: Any = asking(REFUSALS)


@grants.get("", response=Rows[GrantOut], operation_id="powers_grants", summary="授权")
def grants_listed(request: HttpRequest, turn: Query[AskGrants]) -> Any:
    return page(request, GRANTS, turn)


@grants.get("/{int:pk}", response=GrantOut, operation_id="powers_grant", summary="一项授权")
def grant(request: HttpRequest, pk: int) -> Any:
    return one(request, GRANTS, pk)


@grants.post("/{int:pk}/end", response=GrantOut, operation_id="powers_grant_end", summary="收回授权")
def grant_end(request: HttpRequest, pk: int, body: Reason) -> Any:
    found = one(request, GRANTS, pk)
    policy.require(me(request), GRANT, found)
    with in_words():
        actions.end_grant(found, by=me(request), reason=body.reason)
    return one(request, GRANTS, pk)


@grants.post("/{int:pk}/renew", response=AskedOut, operation_id="powers_renew", summary="申请续期")
def renew(request: HttpRequest, pk: int, body: RenewIn) -> Any:
    account = me(request)
    own = Grant.objects.filter(account=account).standing(timezone.localdate()).select_related("unit")
    held = get_object_or_404(own, pk=pk)
    with in_words():
        return requests.ask_role(account, held.role, held.unit, body.ends, by=account, reason=body.reason, renews=held)


@asks.post("/role", response=AskedOut, operation_id="powers_ask_role", summary="申请角色")
def ask_role(request: HttpRequest, body: RoleIn) -> Any:
    holder = account_named(body.account) if body.account else me(request)
    with in_words():
        return requests.ask_role(holder, body.role, unit_of(body.unit), body.ends, by=me(request), reason=body.reason)


@asks.post("/account", response=AskedOut, operation_id="powers_ask_account", summary="申请账号")
def ask_account(request: HttpRequest, body: AccountIn) -> Any:
    with in_words():
        return requests.ask_account(
            body.name, body.username.lower(), unit_of(body.unit), body.post, by=me(request), reason=body.reason
        )


@delegations.get("", response=Rows[DelegationOut], operation_id="powers_delegations", summary="委托")
def delegations_listed(request: HttpRequest, turn: Query[AskDelegations]) -> Any:
    return page(request, DELEGATIONS, turn)


@delegations.post("", response=DelegationOut, operation_id="powers_delegate", summary="委托他人")
def delegate(request: HttpRequest, body: DelegationIn) -> Any:
    account = me(request)
    held = get_object_or_404(Grant, pk=body.grant, account=account) if body.grant else None
    taker = account_named(body.taker, "taker")
    with in_words():
        return actions.delegate(taker, held, body.starts, body.ends, by=account, reason=body.reason)


@delegations.get("/{int:pk}", response=DelegationOut, operation_id="powers_delegation", summary="一项委托")
def delegation(request: HttpRequest, pk: int) -> Any:
    return one(request, DELEGATIONS, pk)


@delegations.post("/{int:pk}/end", response=DelegationOut, operation_id="powers_delegation_end", summary="终止委托")
def delegation_end(request: HttpRequest, pk: int, body: Reason) -> Any:
    """By the giver, the taker, or whoever grants over the giver's unit."""
    account, rows = me(request), Delegation.objects.select_related("giver__person__unit", "taker")
    found = rows.filter(Q(giver=account) | Q(taker=account), pk=pk).first()
    if found is None:
        found = one(request, DELEGATIONS, pk)
        policy.require(account, GRANT, found)
    with in_words():
        actions.end_delegation(found, by=account, reason=body.reason)
    return rows.get(pk=pk)


@refusals.get("", response=Rows[RefusalOut], operation_id="powers_refusals", summary="明示拒绝")
def refusals_listed(request: HttpRequest, turn: Query[AskRefusals]) -> Any:
    return page(request, REFUSALS, turn)


@refusals.post("", response=RefusalOut, operation_id="powers_refusal_new", summary="登记明示拒绝")
def refuse(request: HttpRequest, body: RefusalIn) -> Any:
    policy.require(me(request), GRANT)
    unit = unit_of(body.unit)
    policy.require(me(request), GRANT, unit)
    account = account_named(body.account)
    with in_words():
        return actions.refuse(
            account, body.permission, unit, body.starts, body.ends, by=me(request), reason=body.reason
        )


@refusals.get("/{int:pk}", response=RefusalOut, operation_id="powers_refusal", summary="一项明示拒绝")
def refusal(request: HttpRequest, pk: int) -> Any:
    return one(request, REFUSALS, pk)


@refusals.post("/{int:pk}/lift", response=RefusalOut, operation_id="powers_refusal_lift", summary="解除明示拒绝")
def lift(request: HttpRequest, pk: int, body: Reason) -> Any:
    found: Refusal = one(request, REFUSALS, pk)
    policy.require(me(request), GRANT, found)
    with in_words():
        actions.lift(found, by=me(request), reason=body.reason)
    return one(request, REFUSALS, pk)
