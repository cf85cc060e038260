"""What is counted of a batch: lines per hour, source, format, action and severity. Pure."""

from __future__ import annotations

from datetime import datetime

import polars as pl

#: The columns that counting looks at, and the batch they came in.
COUNTED = (
    "qingdun.batch",
    "@timestamp",
    "event.ingested",
    "qingdun.source",
    "qingdun.format",
    "qingdun.action",
    "event.severity",
    "qingdun.count",
    "error.message",
)

#: hour, source, format, action, severity, lines, hits, unread
Tally = tuple[datetime, int, str, str, int, int, int, int]


def moment() -> pl.Expr:
    """When an event counts: at its own time, however late it comes, unless the device's clock is plainly wrong."""
    happened, received = pl.col("@timestamp"), pl.col("event.ingested")
    believable = happened.is_between(pl.datetime(2000, 1, 1, time_zone="UTC"), received + pl.duration(days=1))
    return pl.when(believable).then(happened).otherwise(received)


def hour() -> pl.Expr:
    """The hour an event belongs to."""
    return moment().dt.truncate("1h")


def tallies(events: pl.DataFrame) -> list[Tally]:
    """See `logs.models.HourTally`."""
    counted = events.group_by(
        hour=hour(),
        source=pl.col("qingdun.source"),
        format=pl.col("qingdun.format").fill_null(""),
        action=pl.col("qingdun.action").fill_null(""),
        severity=pl.col("event.severity").fill_null(0),
    ).agg(
        lines=pl.len(),
        hits=pl.col("qingdun.count").fill_null(1).sum(),
        unread=pl.col("error.message").is_not_null().sum(),
    )
    return counted.rows()


def last_received(events: pl.DataFrame) -> dict[int, datetime]:
    """Source → when its newest line arrived."""
    return dict(events.group_by("qingdun.source").agg(pl.col("event.ingested").max()).rows())
