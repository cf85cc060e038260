"""Where an approval stands and what may happen to it next. Pure: days come in, a new standing comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from qingdun.access.core.flow import Step
from qingdun.lib.workdays import add_workdays, workdays_between


class State(StrEnum):
    WAITING = "waiting"  # 待审核: on somebody's desk
    SUPPLEMENT = "supplement"  # 待补正: with the requester, the clock stands still
    AGREED = "agreed"
    RETURNED = "returned"  # 已退回: ended here; changed and asked for again it is a new approval
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # 已失效: the requester did not supplement in time


OPEN = frozenset({State.WAITING, State.SUPPLEMENT})


class Verdict(StrEnum):
    AGREE = "agree"
    RETURN = "return"
    REJECT = "reject"


class Refused(StrEnum):
    """Why a move is not possible from here."""

    OVER = "over"
    WITH_REQUESTER = "with_requester"
    NOT_WITH_REQUESTER = "not_with_requester"
    SUPPLEMENTED = "supplemented"
    EXTENDED = "extended"
    NO_EXTENSION = "no_extension"
    TOO_LONG = "too_long"


class WrongMove(Exception):
    """The approval does not stand where this could happen."""

    def __init__(self, why: Refused) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(frozen=True, slots=True)
class Standing:
    """One approval's place on its way.

    `step` counts from 0; `agreed` are the decisions that agreed in this step; `due` is the day by which whoever it is
    with must act, None once it is over; `left` are the working days the step had left when its clock was stopped.
    """

    state: State
    step: int
    agreed: int
    due: date | None
    left: int | None
    supplemented: bool
    extended: bool

    @property
    def open(self) -> bool:
        return self.state in OPEN


def start(steps: Sequence[Step], today: date) -> Standing:
    """On the first desk."""
    return Standing(State.WAITING, 0, 0, _due(steps[0], today), None, supplemented=False, extended=False)


def decide(at: Standing, verdict: Verdict, steps: Sequence[Step], today: date) -> Standing:
    """After one decider's verdict. Raises WrongMove."""
    _waiting(at)
    match verdict:
        case Verdict.REJECT:
            return _over(at, State.REJECTED)
        case Verdict.RETURN:
            return _over(at, State.RETURNED)
        case Verdict.AGREE:
            return _agreed(at, steps, today)
        case _:
            assert_never(verdict)


def _agreed(at: Standing, steps: Sequence[Step], today: date) -> Standing:
    if at.agreed + 1 < steps[at.step].deciders:
        return replace(at, agreed=at.agreed + 1)
    if at.step + 1 == len(steps):
        return _over(replace(at, agreed=at.agreed + 1), State.AGREED)
    return replace(at, step=at.step + 1, agreed=0, due=_due(steps[at.step + 1], today), extended=False)


def ask_supplement(at: Standing, patience: int, today: date) -> Standing:
    """Back to the requester for what is missing, once in an approval's life; the clock stops. Raises WrongMove."""
    _waiting(at)
    if at.supplemented:
        raise WrongMove(Refused.SUPPLEMENTED)
    assert at.due is not None
    left = workdays_between(today, at.due).days
    due = add_workdays(today, patience).day
    return replace(at, state=State.SUPPLEMENT, left=left, due=due, supplemented=True)


def supplement(at: Standing, today: date) -> Standing:
    """The requester has supplied it: the clock goes on with the working days it had left. Raises WrongMove."""
    if not at.open:
        raise WrongMove(Refused.OVER)
    if at.state is not State.SUPPLEMENT or at.left is None:
        raise WrongMove(Refused.NOT_WITH_REQUESTER)
    return replace(at, state=State.WAITING, left=None, due=add_workdays(today, at.left).day)


def extend(at: Standing, days: int, step: Step) -> Standing:
    """More working days for this step, once, counted from the day it was due. Raises WrongMove."""
    _waiting(at)
    if step.extend is None:
        raise WrongMove(Refused.NO_EXTENSION)
    if at.extended:
        raise WrongMove(Refused.EXTENDED)
    if not 1 <= days <= step.extend.days:
        raise WrongMove(Refused.TOO_LONG)
    assert at.due is not None
    return replace(at, due=add_workdays(at.due, days).day, extended=True)


def give_back(at: Standing) -> Standing:
    """Returned without a verdict: whoever asked for it, or it was for, has left or changed posts. Raises WrongMove."""
    if not at.open:
        raise WrongMove(Refused.OVER)
    return _over(at, State.RETURNED)


def withdraw(at: Standing) -> Standing:
    """Taken back by its requester, as long as it is undecided. Raises WrongMove."""
    if not at.open:
        raise WrongMove(Refused.OVER)
    return _over(at, State.WITHDRAWN)


def abandon(at: Standing, today: date) -> Standing:
    """Ended because its requester let the day for the supplement pass. Raises WrongMove."""
    if at.state is not State.SUPPLEMENT or at.due is None or today <= at.due:
        raise WrongMove(Refused.NOT_WITH_REQUESTER)
    return _over(at, State.EXPIRED)


def _waiting(at: Standing) -> None:
    if at.state is State.SUPPLEMENT:
        raise WrongMove(Refused.WITH_REQUESTER)
    if at.state is not State.WAITING:
        raise WrongMove(Refused.OVER)


def _over(at: Standing, state: State) -> Standing:
    return replace(at, state=state, due=None, left=None)


def _due(step: Step, today: date) -> date:
    return add_workdays(today, step.days).day
