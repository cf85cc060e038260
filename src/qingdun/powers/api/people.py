"""People and their accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from qingdun.access import actions, factors, policy
from qingdun.access.models import Account, Person
from qingdun.powers.api.shared import Code, Name, Reason, Why, in_words, me, unit_of
from qingdun.powers.listings import ACCOUNTS, PEOPLE
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows
from qingdun.web.requests import keep_no_answer

people = Router()
accounts = Router()
CREATE, CONTROL = "access.create", "access.control"


class PersonOut(Schema):
    """`phone` and `email` are masks; the clear text is asked for on record (`web` → personal)."""

    id: int
    name: str
    unit: str = Field(alias="unit.code")
    post: str
    phone: str | None
    email: str | None
    joined: date | None
    left: date | None


class PersonIn(Body):
    name: Name
    unit: Code
    post: str = Field("", max_length=60)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=120)
    joined: date | None = None


class PersonEdit(Body):
    name: Name | None = None
    post: str | None = Field(None, max_length=60)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=120)
    joined: date | None = None


class PersonMove(Body):
    unit: Code
    post: str = Field("", max_length=60)
    reason: Why


class Leaving(Body):
    on: date
    reason: Why


class NewAccount(Body):
    username: str = Field(min_length=3, max_length=40)


class AccountOut(Schema):
    id: int
    username: str
    person: int = Field(alias="person_id")
    name: str = Field(alias="person.name")
    unit: str = Field(alias="person.unit.code")
    is_active: bool
    must_change_password: bool
    created: datetime
    last_login: datetime | None


class Issued(Schema):
    """Shown this once and kept nowhere."""

    username: str
    password: str


AskPeople: Any = asking(PEOPLE)
AskAccounts: Any = asking(ACCOUNTS)


@people.get("", response=Rows[PersonOut], operation_id="powers_people", summary="人员")
def listed(request: HttpRequest, turn: Query[AskPeople]) -> Any:
    return page(request, PEOPLE, turn)


@people.post("", response=PersonOut, operation_id="powers_person_new", summary="登记人员")
def enter(request: HttpRequest, body: PersonIn) -> Any:
    policy.require(me(request), CREATE)
    unit = unit_of(body.unit)
    policy.require(me(request), CREATE, unit)
    return actions.register_person(Person(**body.model_dump(exclude={"unit"}), unit=unit), by=me(request))


@people.get("/{int:pk}", response=PersonOut, operation_id="powers_person", summary="一个人")
def person(request: HttpRequest, pk: int) -> Any:
    return one(request, PEOPLE, pk)


@people.patch("/{int:pk}", response=PersonOut, operation_id="powers_person_edit", summary="更正人员信息")
def edit(request: HttpRequest, pk: int, body: PersonEdit) -> Any:
    found = _person(request, pk)
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(found, name, "" if value is None and name != "joined" else value)
    actions.edit_person(found, by=me(request))
    return one(request, PEOPLE, pk)


@people.post("/{int:pk}/move", response=PersonOut, operation_id="powers_move", summary="岗位调动")
def move(request: HttpRequest, pk: int, body: PersonMove) -> Any:
    found = _person(request, pk)
    with in_words():
        actions.change_job(found, unit_of(body.unit), body.post, by=me(request), reason=body.reason)
    return Person.objects.select_related("unit").get(pk=pk)


@people.post("/{int:pk}/leave", response=PersonOut, operation_id="powers_leave", summary="离任")
def leave(request: HttpRequest, pk: int, body: Leaving) -> Any:
    found = _person(request, pk)
    with in_words():
        actions.leave(found, body.on, by=me(request), reason=body.reason)
    return one(request, PEOPLE, pk)


@people.post("/{int:pk}/accounts", response=AccountOut, operation_id="powers_account_new", summary="建立账号")
def account_new(request: HttpRequest, pk: int, body: NewAccount) -> Any:
    found = _person(request, pk)
    with in_words():
        return actions.create_account(body.username.lower(), found, None, by=me(request))


@accounts.get("", response=Rows[AccountOut], operation_id="powers_accounts", summary="账号")
def accounts_listed(request: HttpRequest, turn: Query[AskAccounts]) -> Any:
    return page(request, ACCOUNTS, turn)


@accounts.get("/{int:pk}", response=AccountOut, operation_id="powers_account", summary="一个账号")
def account(request: HttpRequest, pk: int) -> Any:
    return one(request, ACCOUNTS, pk)


@accounts.post("/{int:pk}/disable", response=AccountOut, operation_id="powers_account_disable", summary="停用账号")
def disable(request: HttpRequest, pk: int, body: Reason) -> Any:
    factors.require_fresh(request)
    found = _account(request, pk)
    with in_words():
        actions.disable(found, by=me(request), reason=body.reason)
    return one(request, ACCOUNTS, pk)


@accounts.post("/{int:pk}/enable", response=AccountOut, operation_id="powers_account_enable", summary="启用账号")
def enable(request: HttpRequest, pk: int, body: Reason) -> Any:
    found = _account(request, pk)
    with in_words():
        actions.enable(found, by=me(request), reason=body.reason)
    return one(request, ACCOUNTS, pk)


@accounts.post("/{int:pk}/password", response=Issued, operation_id="powers_account_password", summary="发放一次性口令")
def password(request: HttpRequest, pk: int, body: Reason) -> Any:
    factors.require_fresh(request)
    found = one(request, ACCOUNTS, pk)
    keep_no_answer(request)
    with in_words():
        return {
            "username": found.username,
            "password": actions.issue_password(found, by=me(request), reason=body.reason),
        }


def _person(request: HttpRequest, pk: int) -> Person:
    found = one(request, PEOPLE, pk)
    policy.require(me(request), CREATE, found)
    return found


def _account(request: HttpRequest, pk: int) -> Account:
    found = one(request, ACCOUNTS, pk)
    policy.require(me(request), CONTROL, found.person)
    return found
