from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.lake.files import write_days
from qingdun.logs.lake.table import Lost
from tests.logs.lake.events import NOON, events


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "events", zone="Asia/Shanghai")


def originals(lake: Lake) -> list[str]:
    return sorted(
        line for f in lake.files() for line in pl.read_parquet(f.path, hive_partitioning=False)["event.original"]
    )


def test_a_lake_nobody_wrote_to_is_empty(lake: Lake) -> None:
    assert (lake.files(), lake.version(), lake.position("spool")) == ([], -1, None)


def test_what_is_appended_is_there_with_its_bounds(lake: Lake) -> None:
    assert lake.append(events(), "spool", 7)
    (file,) = lake.files()
    assert (file.rows, file.day) == (3, date(2026, 3, 2))
    assert (file.earliest, file.latest) == (NOON - timedelta(minutes=2), NOON)
    assert file.size == file.path.stat().st_size
    stored = pl.read_parquet(file.path, hive_partitioning=False)
    assert stored.schema == EVENT
    assert stored.equals(events())


def test_a_version_is_stored_once_however_often_it_is_sent(lake: Lake) -> None:
    assert lake.append(events(), "spool", 7)
    assert not lake.append(events(), "spool", 7)
    assert not Lake(lake.root).append(events(), "spool", 6)
    assert lake.append(events(first=10), "spool", 8)
    assert lake.append(events(first=20), "another", 7)
    assert len(originals(lake)) == 9
    assert (lake.position("spool"), lake.position("another")) == (8, 7)


def test_the_day_is_that_of_receipt_in_the_installations_zone(lake: Lake) -> None:
    before, after = datetime(2026, 3, 1, 15, 59, tzinfo=UTC), datetime(2026, 3, 1, 16, 1, tzinfo=UTC)
    both = pl.concat([events(1, received=before), events(1, received=after)])
    wrong_clock = both.with_columns(
        pl.lit(datetime(1970, 1, 1, tzinfo=UTC)).cast(EVENT["@timestamp"]).alias("@timestamp")
    )
    lake.append(wrong_clock, "spool", 1)
    assert {file.day for file in lake.files()} == {date(2026, 3, 1), date(2026, 3, 2)}
    assert {folder.name for folder in lake.root.glob("day=*")} == {"day=2026-03-01", "day=2026-03-02"}


def test_files_are_chosen_by_when_events_happened(lake: Lake) -> None:
    lake.append(events(2), "spool", 1)
    lake.append(events(2, received=NOON + timedelta(hours=5)), "spool", 2)
    assert len(lake.files(start=NOON + timedelta(hours=1))) == 1
    assert len(lake.files(end=NOON + timedelta(hours=1))) == 1
    assert lake.files(start=NOON + timedelta(hours=6)) == []


def test_a_reader_sees_each_commit_of_another_process(lake: Lake) -> None:
    reader = Lake(lake.root)
    for version in range(1, 4):
        lake.append(events(1, first=version), "spool", version)
        assert len(reader.files()) == version


def test_of_many_writers_of_one_version_one_counts(lake: Lake) -> None:
    lake.append(events(1), "spool", 1)
    writers = [Lake(lake.root) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda lake: lake.append(events(1, first=5), "spool", 2), writers)) == 1
    assert originals(lake) == ["line 0", "line 5"]


def test_a_written_file_that_vanished_before_the_commit_is_missed(lake: Lake) -> None:
    (added,) = write_days(lake.root, events(), "spool", lake.zone)
    (lake.root / added.path).unlink()
    with pytest.raises(Lost):
        lake.commit([added], "spool", 1)
    assert lake.files() == []
