"""One Parquet file of the lake: how it is written and what the table's log says about it."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from qingdun.logs.core.columns import EVENT

ROW_GROUP = 65_536  # what a search reads or skips as one
STATISTICS = ("@timestamp", "event.ingested", "qingdun.batch")  # what files are chosen by


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A file of one version of the table. `earliest` and `latest` bound its `@timestamp`."""

    path: Path
    rows: int
    size: int
    day: date
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is written and synced, but not yet part of any version. `path` is relative to the table."""

    path: str
    size: int
    day: date
    rows: int
    stats: str


def write_days(root: Path, events: pl.DataFrame, name: str, zone: str) -> list[Added]:
    """Write `events` (the columns of EVENT, any order of rows), one file for each day of receipt in `zone`."""
    days = events["event.ingested"].dt.convert_time_zone(zone).dt.date()
    if days.n_unique() == 1:
        return [write_file(root, events, days[0], name)]
    parts = events.with_columns(_day=days).partition_by("_day", include_key=True)
    return [write_file(root, part.drop("_day"), part["_day"][0], name) for part in parts]


def write_file(root: Path, events: pl.DataFrame, day: date, name: str) -> Added:
    """Write one file of `day`, synced. Its name never repeats: a forgotten writer can not touch a committed file."""
    path = f"day={day.isoformat()}/{name}-{uuid.uuid4().hex[:12]}.parquet"
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        events.select(*EVENT).write_parquet(stream, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)
        stream.flush()
        os.fsync(stream.fileno())
        size = stream.tell()
    return Added(path, size, day, events.height, _statistics(events))


def day_of(moment: datetime, zone: str) -> date:
    """The day folder of what is received at `moment`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _statistics(events: pl.DataFrame) -> str:
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    for column in STATISTICS:
        least[column], greatest[column] = _written(events[column].min()), _written(events[column].max())
    nulls = {column: events[column].null_count() for column in STATISTICS}
    return json.dumps({"numRecords": events.height, "minValues": least, "maxValues": greatest, "nullCount": nulls})


def _written(value: object) -> object:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value
