"""Emergencies, recertification, the three officers, and the union of powers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from qingdun.access import actions, policy, requests
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Confirmation, Emergency, Grant, PowerCheck
from qingdun.powers.api.grants import AskedOut
from qingdun.powers.api.shared import Code, Reason, Why, account_named, in_words, me, unit_of
from qingdun.powers.listings import CAMPAIGNS, CONFIRMATIONS, EMERGENCIES
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

emergencies = Router()
campaigns = Router()
officers = Router()
checks = Router()
VIEW = "access.view"


class EmergencyOut(Schema):
    """`over`: when it ended or will. One of `permission` and `role` is empty."""

    id: int
    number: str
    account: str = Field(alias="account.username")
    permission: str
    role: str
    unit: str = Field(alias="unit.code")
    starts: datetime
    over: datetime
    reason: str
    reviewed: datetime | None
    review: str


class EmergencyIn(Body):
    """`power`: the key of a permission or a role."""

    power: str = Field(min_length=1, max_length=60)
    unit: Code
    minutes: int = Field(ge=1, le=240)
    reason: Why


class Review(Body):
    conclusion: str = Field(min_length=2, max_length=400)


class CampaignOut(Schema):
    id: int
    half: str
    opened: date
    due: date
    closed: datetime | None


class CampaignIn(Body):
    due: date


class ItemOut(Schema):
    id: int
    campaign: str = Field(alias="campaign.half")
    grant: int = Field(alias="grant_id")
    account: str = Field(alias="grant.account.username")
    role: str = Field(alias="grant.role")
    verdict: str
    at: datetime | None


class Verdict(Body):
    keep: bool
    reason: str = Field("", max_length=200)


class Appointment(Body):
    account: Code
    office: Code
    reason: Why


class PowerProblem(Schema):
    of: str
    name: str
    rule: str
    about: list[str]


class CheckOut(Schema):
    at: datetime
    people: int
    accounts: int
    widest: int
    permissions: int
    problems: list[PowerProblem]


AskEmergencies: Any = asking(EMERGENCIES)
AskCampaigns: Any = asking(CAMPAIGNS)
AskItems: Any = asking(CONFIRMATIONS)


@emergencies.get("", response=Rows[EmergencyOut], operation_id="powers_emergencies", summary="应急授权")
def emergencies_listed(request: HttpRequest, turn: Query[AskEmergencies]) -> Any:
    return page(request, EMERGENCIES, turn)


@emergencies.post("", response=AskedOut, operation_id="powers_ask_emergency", summary="申请应急授权")
def ask_emergency(request: HttpRequest, body: EmergencyIn) -> Any:
    with in_words():
        return requests.ask_emergency(body.power, unit_of(body.unit), body.minutes, by=me(request), reason=body.reason)


@emergencies.get("/{int:pk}", response=EmergencyOut, operation_id="powers_emergency", summary="一次应急授权")
def emergency(request: HttpRequest, pk: int) -> Any:
    return one(request, EMERGENCIES, pk)


@emergencies.post("/{int:pk}/stop", response=EmergencyOut, operation_id="powers_emergency_stop", summary="结束应急授权")
def stop(request: HttpRequest, pk: int, body: Reason) -> Any:
    """By its holder, or by whoever grants there."""
    own = Emergency.objects.filter(account=me(request), pk=pk).select_related("account__person", "unit").first()
    found = own or one(request, EMERGENCIES, pk)
    if own is None:
        policy.require(me(request), "access.grant", found)
    with in_words():
        actions.stop_emergency(found, by=me(request), reason=body.reason)
    return Emergency.objects.select_related("account", "unit").get(pk=pk)


@emergencies.post("/{int:pk}/review", response=EmergencyOut, operation_id="powers_emergency_review", summary="复盘")
def review(request: HttpRequest, pk: int, body: Review) -> Any:
    found = one(request, EMERGENCIES, pk)
    policy.require(me(request), "access.review", found)
    with in_words():
        actions.review_emergency(found, body.conclusion, by=me(request))
    return one(request, EMERGENCIES, pk)


@campaigns.get("", response=Rows[CampaignOut], operation_id="powers_campaigns", summary="授权复核")
def campaigns_listed(request: HttpRequest, turn: Query[AskCampaigns]) -> Any:
    return page(request, CAMPAIGNS, turn)


@campaigns.post("", response=CampaignOut, operation_id="powers_campaign_new", summary="发起授权复核")
def campaign_new(request: HttpRequest, body: CampaignIn) -> Any:
    policy.require(me(request), "access.grant", policy.ROOT)
    with in_words():
        return actions.open_campaign(timezone.localdate(), body.due, by=me(request))


@campaigns.get("/items", response=Rows[ItemOut], operation_id="powers_confirmations", summary="待复核的授权")
def items(request: HttpRequest, turn: Query[AskItems]) -> Any:
    return page(request, CONFIRMATIONS, turn)


@campaigns.post("/items/{int:pk}", response=ItemOut, operation_id="powers_confirm", summary="复核一项授权")
def confirm(request: HttpRequest, pk: int, body: Verdict) -> Any:
    found: Confirmation = one(request, CONFIRMATIONS, pk)
    with in_words():
        actions.confirm(found, body.keep, by=me(request), reason=body.reason)
    return one(request, CONFIRMATIONS, pk)


@officers.post("", response=AskedOut, operation_id="powers_officer_appoint", summary="申请任命三员")
def appoint(request: HttpRequest, body: Appointment) -> Any:
    policy.require(me(request), VIEW)
    account = account_named(body.account)
    with in_words():
        return requests.ask_office(account, body.office, by=me(request), reason=body.reason)


@officers.post("/{int:pk}/remove", response=AskedOut, operation_id="powers_officer_remove", summary="申请免去三员")
def remove(request: HttpRequest, pk: int, body: Reason) -> Any:
    """`pk`: the number of the officer's grant."""
    held = _office(request, pk)
    with in_words():
        return requests.ask_removal(held, by=me(request), reason=body.reason)


@officers.post("/{int:pk}/reset", response=AskedOut, operation_id="powers_officer_reset", summary="申请重置三员口令")
def reset(request: HttpRequest, pk: int, body: Reason) -> Any:
    """`pk`: the number of the officer's grant."""
    held = _office(request, pk)
    with in_words():
        return requests.ask_reset(held.account, by=me(request), reason=body.reason)


@checks.get("", response=list[CheckOut], operation_id="powers_checks", summary="权限总和核对")
def checked(request: HttpRequest) -> Any:
    """The last thirty nights, the latest first."""
    policy.require(me(request), VIEW, policy.ROOT)
    return list(PowerCheck.objects.all()[:30])


@checks.post("", response=CheckOut, operation_id="powers_check_now", summary="现在核对权限总和")
def check_now(request: HttpRequest) -> Any:
    policy.require(me(request), VIEW, policy.ROOT)
    return actions.check_powers()


def _office(request: HttpRequest, pk: int) -> Grant:
    policy.require(me(request), VIEW)
    rows = Grant.objects.visible_to(request.user).filter(role__in=OFFICES).standing(timezone.localdate())
    return get_object_or_404(rows.select_related("account__person__unit", "unit"), pk=pk)
