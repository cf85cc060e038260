# Annotations must be real here, not text: the router reads them, and the parameters differ from list to list.
"""The caller's approvals: what waits for him, what he asked for, what he decided; and every move there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from qingdun.access import approvals
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account, Approval
from qingdun.powers.listings.approvals import DECIDED, INBOX, MINE
from qingdun.web.listing import Listing
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Rows

router = Router()
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class ApprovalOut(Schema):
    """One approval. `step` counts from 1; `due` is empty once it is over; `rule` is the flow version's digest."""

    id: int
    kind: str
    title: str
    state: str
    step: int
    steps: int
    step_name: str
    due: date | None
    requester: str
    unit: str
    reason: str
    asked: dict[str, Any]
    created: datetime
    ended: datetime | None
    rule: str
    valid_from: date

    @staticmethod
    def resolve_step(row: Approval) -> int:
        return row.step + 1

    @staticmethod
    def resolve_steps(row: Approval) -> int:
        return len(row.rule["steps"])

    @staticmethod
    def resolve_step_name(row: Approval) -> str:
        return str(row.rule["steps"][row.step]["name"])

    @staticmethod
    def resolve_requester(row: Approval) -> str:
        return row.requester_person.name

    @staticmethod
    def resolve_unit(row: Approval) -> str:
        return row.unit.code

    @staticmethod
    def resolve_rule(row: Approval) -> str:
        return row.digest

    @staticmethod
    def resolve_valid_from(row: Approval) -> date:
        return row.read_rule().valid_from


class Said(Body):
    """A decision; `code` is one of the flow's reasons, for a refusal only."""

    verdict: Literal["agree", "return", "reject"]
    reason: str = Field("", max_length=2000)
    code: str = Field("", max_length=20)


class Reasoned(Body):
    reason: Words


class Supplied(Body):
    text: Words


class Longer(Body):
    days: Annotated[int, Field(ge=1, le=250)]
    reason: Words


class Back(Body):
    reason: str = Field("", max_length=2000)


def _open(path: str, listing: Listing[Approval], summary: str) -> None:
    asked = asking(listing)

    @router.get(path, response=Rows[ApprovalOut], operation_id=listing.key.replace(".", "_"), summary=summary)
    def several(request: HttpRequest, turn: Query[asked]) -> Any:  # type: ignore[valid-type]
        return page(request, listing, turn)


_open("", INBOX, "待我审核")
_open("/asked", MINE, "我的申请")
_open("/decided", DECIDED, "我审过的")


@router.get("/{int:pk}", response=ApprovalOut, operation_id="powers_approval", summary="一份审批")
def one(request: HttpRequest, pk: int) -> Approval:
    return _visible(request, pk)


@router.post("/{int:pk}/decide", response=ApprovalOut, operation_id="powers_approval_decide", summary="审核")
def decide(request: HttpRequest, pk: int, body: Said) -> Approval:
    with _in_words():
        return approvals.decide(
            _visible(request, pk), body.verdict, by=_me(request), reason=body.reason, code=body.code
        )


@router.post(
    "/{int:pk}/ask-supplement", response=ApprovalOut, operation_id="powers_approval_ask_supplement", summary="要求补正"
)
def ask_supplement(request: HttpRequest, pk: int, body: Reasoned) -> Approval:
    with _in_words():
        return approvals.ask_supplement(_visible(request, pk), by=_me(request), reason=body.reason)


@router.post("/{int:pk}/supplement", response=ApprovalOut, operation_id="powers_approval_supplement", summary="补正")
def supplement(request: HttpRequest, pk: int, body: Supplied) -> Approval:
    with _in_words():
        return approvals.supplement(_visible(request, pk), by=_me(request), text=body.text)


@router.post("/{int:pk}/extend", response=ApprovalOut, operation_id="powers_approval_extend", summary="延期")
def extend(request: HttpRequest, pk: int, body: Longer) -> Approval:
    with _in_words():
        return approvals.extend(_visible(request, pk), body.days, by=_me(request), reason=body.reason)


@router.post("/{int:pk}/withdraw", response=ApprovalOut, operation_id="powers_approval_withdraw", summary="撤回")
def withdraw(request: HttpRequest, pk: int, body: Back) -> Approval:
    with _in_words():
        return approvals.withdraw(_visible(request, pk), by=_me(request), reason=body.reason)


def _visible(request: HttpRequest, pk: int) -> Approval:
    rows = Approval.objects.visible_to(request.user).select_related("requester_person__unit", "unit")
    return get_object_or_404(rows, pk=pk)


def _me(request: HttpRequest) -> Account:
    return cast(Account, request.user)


@contextmanager
def _in_words() -> Iterator[None]:
    """What the rules refuse is a conflict with where the approval stands."""
    try:
        yield
    except NotPossible as error:
        raise HttpError(409, str(error)) from None
