from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qingdun.access.core import standing
from qingdun.access.core.flow import At, Desk, Extension, Granter, Step
from qingdun.access.core.standing import Refused, State, Verdict, WrongMove
from qingdun.lib.workdays import add_workdays, workdays_between

TODAY = date(2026, 3, 2)  # a Monday
DESK = Desk("inventory.edit", At.UNIT)


def make_step(days: int = 3, deciders: int = 1, extend: int = 0) -> Step:
    return Step("审核", "Review", DESK, None, deciders, days, Extension(extend, Granter.DECIDER) if extend else None)


def test_a_step_of_two_needs_two() -> None:
    steps = (make_step(deciders=2), make_step(days=5))
    at = standing.decide(standing.start(steps, TODAY), Verdict.AGREE, steps, TODAY)
    assert (at.step, at.agreed) == (0, 1)
    at = standing.decide(at, Verdict.AGREE, steps, TODAY + timedelta(days=1))
    assert (at.step, at.agreed, at.due) == (1, 0, date(2026, 3, 10))
    at = standing.decide(at, Verdict.AGREE, steps, TODAY)
    assert (at.state, at.due) == (State.AGREED, None)


def test_the_clock_stands_while_the_requester_has_it() -> None:
    steps = (make_step(days=5),)
    at = standing.start(steps, TODAY)
    waiting = standing.ask_supplement(at, 10, date(2026, 3, 4))
    assert waiting.left == 3
    back = standing.supplement(waiting, date(2026, 3, 13))
    assert back.due == add_workdays(date(2026, 3, 13), 3).day
    late = standing.ask_supplement(at, 10, date(2026, 3, 11))
    assert standing.supplement(late, date(2026, 3, 13)).due < date(2026, 3, 13)  # type: ignore[operator]


@pytest.mark.parametrize(("days", "why"), [(0, Refused.TOO_LONG), (6, Refused.TOO_LONG), (5, None)])
def test_an_extension_has_its_limit(days: int, why: Refused | None) -> None:
    step = make_step(extend=5)
    at = standing.start((step,), TODAY)
    if why is None:
        at = standing.extend(at, days, step)
        with pytest.raises(WrongMove) as error:
            standing.extend(at, 1, step)
        assert error.value.why is Refused.EXTENDED
    else:
        with pytest.raises(WrongMove) as error:
            standing.extend(at, days, step)
        assert error.value.why is why


@given(st.integers(0, 30), st.integers(0, 400))
def test_a_pause_costs_nobody_a_working_day(days: int, pause: int) -> None:
    steps = (make_step(days=days),)
    at = standing.ask_supplement(standing.start(steps, TODAY), 10, TODAY)
    back = TODAY + timedelta(days=pause)
    due = standing.supplement(at, back).due
    assert due is not None and workdays_between(back, due).days == days


class Life(RuleBasedStateMachine):
    """Any sequence of attempted moves."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = (make_step(deciders=2, extend=3), make_step(days=1))
        self.today, self.at = TODAY, standing.start(self.steps, TODAY)
        self.agreed, self.said_no, self.ended = 0, False, None

    def attempt(self, move: object) -> bool:
        try:
            self.at = move()  # type: ignore[operator]
        except WrongMove:
            return False
        return True

    @rule(verdict=st.sampled_from(Verdict))
    def decide(self, verdict: Verdict) -> None:
        if self.attempt(lambda: standing.decide(self.at, verdict, self.steps, self.today)):
            self.agreed += verdict is Verdict.AGREE
            self.said_no |= verdict is not Verdict.AGREE

    @rule()
    def ask_supplement(self) -> None:
        self.attempt(lambda: standing.ask_supplement(self.at, 5, self.today))

    @rule()
    def supplement(self) -> None:
        self.attempt(lambda: standing.supplement(self.at, self.today))

    @rule(days=st.integers(-1, 9))
    def extend(self, days: int) -> None:
        self.attempt(lambda: standing.extend(self.at, days, self.steps[self.at.step]))

    @rule()
    def abandon(self) -> None:
        self.attempt(lambda: standing.abandon(self.at, self.today))

    @precondition(lambda self: self.agreed > 1)
    @rule()
    def withdraw(self) -> None:
        self.attempt(lambda: standing.withdraw(self.at))

    @rule(days=st.integers(0, 20))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @invariant()
    def agreed_means_that_everybody_agreed(self) -> None:
        assert (self.at.state is State.AGREED) == (self.agreed == 3)
        assert not (self.at.state is State.AGREED and self.said_no)

    @invariant()
    def over_is_over(self) -> None:
        assert self.at.open == (self.at.due is not None)
        if self.ended is None and not self.at.open:
            self.ended = self.at
        assert self.ended is None or self.at == self.ended


TestLife = Life.TestCase


def test_a_standing_is_a_value() -> None:
    at = standing.start((make_step(),), TODAY)
    assert replace(at) == at and hash(at)
