from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qingdun.operations.core.terms import LONGEST, is_long, term

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(("offence", "days"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (400, 30)])
def test_a_day_doubled_up_to_thirty(offence: int, days: int) -> None:
    assert term(offence) == timedelta(days=days)


def test_a_policy_may_begin_shorter_or_longer() -> None:
    assert term(2, timedelta(minutes=30)) == timedelta(hours=1)
    assert term(3, timedelta(days=40)) == timedelta(days=40)


def test_open_or_beyond_thirty_days_is_for_two_persons() -> None:
    assert is_long(NOW, None)
    assert is_long(NOW, NOW + LONGEST + timedelta(seconds=1))
    assert not is_long(NOW, NOW + LONGEST)
