from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.lib import workdays
from qingdun.lib.registry import BrokenContent
from qingdun.lib.workdays import add_workdays, confirmed, is_workday, workdays_between

#: Far beyond any notice, and chosen so that 1 January is a Monday.
UNKNOWN = 2091


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Callable[[int | str, str], Path]]:
    """Write the city's file for a year."""
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    workdays._overrides.cache_clear()

    def write(year: int | str, text: str) -> Path:
        file = tmp_path / "lib" / "holidays" / f"{year}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    yield write
    workdays._overrides.cache_clear()


@pytest.mark.parametrize(
    ("day", "working", "why"),
    [
        (date(2026, 2, 13), True, "Friday before Spring Festival"),
        (date(2026, 2, 14), True, "Saturday, made up"),
        (date(2026, 2, 16), False, "Monday of Spring Festival"),
        (date(2026, 2, 28), True, "Saturday, made up"),
        (date(2026, 3, 1), False, "a Sunday"),
        (date(2026, 10, 1), False, "National Day, a Thursday"),
        (date(2026, 10, 10), True, "Saturday, made up"),
    ],
)
def test_holidays_and_make_up_days(day: date, working: bool, why: str) -> None:
    assert is_workday(day) is working, why


def test_a_deadline_over_spring_festival() -> None:
    reached = add_workdays(date(2026, 2, 12), 5)  # 13, 14 (made up), then 24, 25, 26
    assert (reached.day, reached.unconfirmed) == (date(2026, 2, 26), ())
    assert str(reached) == "2026-02-26"


def test_the_start_never_counts() -> None:
    assert add_workdays(date(2026, 3, 2), 1).day == date(2026, 3, 3)
    assert add_workdays(date(2026, 3, 1), 0).day == date(2026, 3, 1)
    assert add_workdays(date(2026, 3, 2), -1).day == date(2026, 2, 28)
    assert workdays_between(date(2026, 3, 2), date(2026, 3, 2)).days == 0


def test_a_year_nobody_announced_says_so(city: Callable[[int | str, str], Path]) -> None:
    assert not confirmed(UNKNOWN)
    assert is_workday(date(UNKNOWN, 10, 1)) is True  # a Monday
    reached = add_workdays(date(UNKNOWN, 9, 28), 1)
    assert (reached.day, reached.unconfirmed) == (date(UNKNOWN, 10, 1), (UNKNOWN,))
    assert str(reached) == "2091-10-01（2091 年放假安排未录入，按周末推算）"
    span = workdays_between(date(UNKNOWN, 12, 28), date(UNKNOWN + 1, 1, 2))
    assert str(span) == "3 个工作日（2091、2092 年放假安排未录入，按周末推算）"


def test_the_citys_file_makes_a_year_known(city: Callable[[int | str, str], Path]) -> None:
    city(UNKNOWN, "source: 某通知\nholidays: [2091-10-01]\nworkdays: [2091-10-06]\n")
    assert confirmed(UNKNOWN)
    assert is_workday(date(UNKNOWN, 10, 1)) is False
    assert is_workday(date(UNKNOWN, 10, 6)) is True  # a Saturday
    assert add_workdays(date(UNKNOWN, 9, 28), 1) == workdays.Deadline(date(UNKNOWN, 10, 2))


def test_the_citys_file_changes_single_days_of_a_known_year(city: Callable[[int | str, str], Path]) -> None:
    city(2026, "source: 某自治县通知\nholidays: [2026-11-25]\n")
    assert is_workday(date(2026, 11, 25)) is False
    assert is_workday(date(2026, 11, 26)) is True
    assert is_workday(date(2026, 10, 1)) is False


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (2091, "source: x\nholidays: [2092-01-01]\n", "2092-01-01 不在 2091 年"),
        (2091, "source: x\nholidays: [2091-02-30]\n", "2091-02-30 不是日期"),
        (2091, "source: x\nholidays: [2091-01-01]\nworkdays: [2091-01-01]\n", "既写成休息日又写成工作日"),
        (2091, "source: x\n", "至少 2 个键"),
        (2091, "holidays: [2091-01-01]\n", "缺少这个键"),
        ("next", "source: x\nholidays: [2091-01-01]\n", "文件名应为年份"),
    ],
)
def test_a_wrong_file_stops_everything(
    city: Callable[[int | str, str], Path], name: int | str, text: str, problem: str
) -> None:
    city(name, text)
    with pytest.raises(BrokenContent, match=problem):
        is_workday(date(2026, 1, 1))


def test_a_term_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="5000"):
        add_workdays(date(2026, 1, 1), 5001)


days = st.dates(date(2020, 1, 1), date(2029, 12, 31))


@given(days, st.integers(-120, 120))
def test_counting_undoes_adding(start: date, n: int) -> None:
    assert workdays_between(start, add_workdays(start, n).day).days == n


@given(days, st.integers(1, 120))
def test_a_deadline_is_a_working_day_and_the_first_to_reach_the_count(start: date, n: int) -> None:
    day = add_workdays(start, n).day
    assert is_workday(day)
    assert workdays_between(start, day - timedelta(days=1)).days == n - 1


@given(days, days, days)
def test_spans_add_up(one: date, two: date, three: date) -> None:
    first, middle, last = sorted([one, two, three])
    assert (
        workdays_between(first, middle).days + workdays_between(middle, last).days == workdays_between(first, last).days
    )
