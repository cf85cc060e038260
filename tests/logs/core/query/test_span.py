from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs.core.query.span import Span, SpanError

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 1, 4, tzinfo=UTC)


def test_presets_count_back_from_now_and_stay_open() -> None:
    assert Span.back("24h", NOW) == Span(NOW - timedelta(days=1), None, "24h")
    assert Span.back("all", NOW) == Span(None, None, "all")


def test_written_moments_are_of_the_installation_and_a_last_day_counts_whole() -> None:
    span = Span.between("2026-10-01 08:00", "2026-10-02", ZONE)
    assert span == Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, 16, tzinfo=UTC))
    assert Span.between("2026-10-01T00:00:00Z", "", ZONE).start == datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["昨天", "2026-13-01", "2026-10-01 25:00", "9999-12-31", "2026-10-01 08:00+99:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SpanError, match="2026-10-01 08:00"):
        Span.between("", text, ZONE)


def test_a_range_runs_forward() -> None:
    with pytest.raises(SpanError, match="不早于"):
        Span.between("2026-10-02", "2026-10-01", ZONE)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_raises_anything_else(one: str, other: str) -> None:
    for read in (lambda: Span.back(one, NOW), lambda: Span.between(one, other, ZONE)):
        with suppress(SpanError):
            read()
