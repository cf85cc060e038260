from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qingdun.logs.core.freshness import Freshness, freshness

NOW = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(0, Freshness.LIVE), (30, Freshness.LIVE), (31, Freshness.LATE), (60, Freshness.LATE), (61, Freshness.SILENT)],
)
def test_silence_is_judged_by_what_the_keeper_allows(minutes: int, state: Freshness) -> None:
    assert freshness(NOW - timedelta(minutes=minutes), 60, NOW) is state


def test_a_source_never_heard_is_not_silent() -> None:
    assert freshness(None, 60, NOW) is Freshness.NEVER
