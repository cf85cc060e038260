"""Periods in steps of the installation's clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from qingdun.reporting.situation.drawing import bars, ceiling, trend
from qingdun.reporting.situation.period import Period

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 15, 20, tzinfo=ZONE)


def test_a_day_ends_with_the_hour_that_runs() -> None:
    period = Period.read("24h", NOW)
    assert (len(list(period.moments())), period.end) == (24, datetime(2026, 3, 2, 16, tzinfo=ZONE))
    assert period.link() == {"from": "2026-03-01T16", "to": "2026-03-02T15"}
    assert period.step_of(datetime(2026, 3, 2, 0, 59, tzinfo=ZoneInfo("UTC"))).hour == 8


@pytest.mark.parametrize(
    ("key", "ends", "steps"),
    [
        ("7d", ("2026-02-24", "2026-03-02"), 7),
        ("30d", ("2026-02-01", "2026-03-02"), 30),
        ("2022-07", ("2022-07-01", "2022-07-31"), 31),
        ("2024-12", ("2024-12-01", "2024-12-31"), 31),
        ("2026-03", ("2026-03-01", "2026-03-02"), 2),
    ],
)
def test_days_and_months(key: str, ends: tuple[str, str], steps: int) -> None:
    period = Period.read(key, NOW)
    assert (period.ends, len(list(period.moments())), period.hourly) == (ends, steps, False)


@pytest.mark.parametrize("key", ["", "x", "2026-13", "9999-01", "24h", "１２３４-０１"])
def test_what_is_no_period_is_the_last_day(key: str) -> None:
    assert Period.read(key, NOW).key == "24h"


def test_a_day_without_an_hour_is_one_step() -> None:
    """Where clocks change, days are those of the calendar."""
    berlin = ZoneInfo("Europe/Berlin")
    period = Period.read("2026-03", datetime(2026, 4, 2, tzinfo=berlin))
    assert len(list(period.moments())) == 31
    assert period.step_of(datetime(2026, 3, 29, 21, 59, tzinfo=ZoneInfo("UTC"))).day == 29


def test_drawings_stay_within_their_frame() -> None:
    assert [ceiling(value) for value in (0, 4, 5, 9, 41, 1000)] == [4, 4, 8, 12, 80, 1200]
    drawn = trend([[0, 5, 10]], ["0", "1", "2"], every=2)
    assert drawn.curves[0].line == "0.0,200.0 300.0,116.7 600.0,33.3"
    assert [tick.label for tick in drawn.columns] == ["0", "2"]
    assert [tick.label for tick in drawn.rows][-1] == "12"
    assert [(one.width, one.left) for one in bars([("a", 10, ""), ("b", 5, "")])] == [(100.0, 0.0), (50.0, 25.0)]
    assert trend([], []).curves == ()
