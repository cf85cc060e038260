from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.inventory.core.stages import WAY, Stage, WrongStage, enter, stage_of

START = date(2026, 1, 5)
FRESH = {Stage.PROVISIONED: START}


@given(st.lists(st.tuples(st.sampled_from(list(Stage)), st.integers(-3, 40))))
def test_any_sequence_of_attempts_keeps_the_dates_in_order(attempts: list[tuple[Stage, int]]) -> None:
    dates: dict[Stage, date | None] = dict(FRESH)
    for stage, days in attempts:
        try:
            dates = enter(dates, stage, START + timedelta(days=days))
        except WrongStage:
            continue
        assert stage_of(dates) is stage
        reached = [dates.get(step) for step in WAY]
        assert None not in reached[: reached.index(None)] if None in reached else True
        known = [day for day in reached if day]
        assert known == sorted(known)
        assert reached == known + [None] * (len(WAY) - len(known))


def test_a_step_back_forgets_the_later_days() -> None:
    dates = enter(enter(FRESH, Stage.READY, START), Stage.SUBMITTED, START)
    assert stage_of(enter(dates, Stage.READY, START)) is Stage.READY


@pytest.mark.parametrize(
    ("stage", "day", "why"),
    [
        (Stage.SUBMITTED, START, "不能跳过"),
        (Stage.PROVISIONED, START, "已在这一阶段"),
        (Stage.READY, START - timedelta(days=1), "早于"),
        (Stage.RETIRED, START - timedelta(days=1), "早于"),
    ],
)
def test_what_is_not_allowed_says_why(stage: Stage, day: date, why: str) -> None:
    with pytest.raises(WrongStage, match=why):
        enter(FRESH, stage, day)


def test_nothing_follows_retirement() -> None:
    with pytest.raises(WrongStage, match="已停用"):
        enter(enter(FRESH, Stage.RETIRED, START), Stage.READY, START)
