from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from qingdun.logs.core.columns import EVENT
from qingdun.logs.pipeline.tally import last_received, tallies
from tests.logs.lake.events import NOON, events


def happened(*moments: datetime) -> pl.DataFrame:
    return events(len(moments)).with_columns(pl.Series("@timestamp", moments, dtype=EVENT["@timestamp"]))


def hours(frame: pl.DataFrame) -> set[datetime]:
    return {row[0] for row in tallies(frame)}


def test_lines_hits_and_unread_are_three_figures() -> None:
    frame = events(4).with_columns(
        pl.Series("qingdun.count", [1, 5, None, 1]),
        pl.Series("error.message", [None, None, None, "没有格式能读这一行"]),
    )
    assert tallies(frame.with_columns(pl.col("event.ingested").alias("@timestamp"))) == [(NOON, 1, "", "", 0, 4, 8, 1)]


def test_an_event_counts_in_its_own_hour_however_late_it_comes() -> None:
    july = datetime(2022, 7, 31, 15, 59, 59, tzinfo=UTC)
    assert hours(happened(july)) == {datetime(2022, 7, 31, 15, tzinfo=UTC)}


def test_a_clock_that_is_plainly_wrong_does_not_count() -> None:
    wrong = happened(datetime(1970, 1, 1, tzinfo=UTC), NOON + timedelta(days=400), datetime(1999, 12, 31, tzinfo=UTC))
    assert hours(wrong) == {NOON}
    assert hours(happened(NOON + timedelta(hours=23))) == {NOON + timedelta(hours=23)}


def test_each_combination_is_a_row() -> None:
    frame = events(4).with_columns(
        pl.Series("qingdun.source", [1, 1, 2, 2], dtype=pl.Int32),
        pl.Series("qingdun.action", ["blocked", "blocked", "blocked", "allowed"]),
        pl.Series("event.severity", [4, 4, 4, 1], dtype=pl.Int8),
        pl.col("event.ingested").alias("@timestamp"),
    )
    got = sorted(row[1:6] for row in tallies(frame))
    assert got == [(1, "", "blocked", 4, 2), (2, "", "allowed", 1, 1), (2, "", "blocked", 4, 1)]


def test_last_received_is_by_receipt() -> None:
    assert last_received(happened(datetime(1970, 1, 1, tzinfo=UTC))) == {1: NOON}
