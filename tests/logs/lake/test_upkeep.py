from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake, upkeep
from tests.logs.lake.events import NOON, events


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "events", zone="Asia/Shanghai")


def fill(lake: Lake, commits: int, *, rows: int = 2) -> None:
    done = lake.position("spool") or 0
    for n in range(done + 1, done + commits + 1):
        lake.append(events(rows, first=n * rows, received=NOON + timedelta(days=n % 2)), "spool", n)


def stored(lake: Lake) -> list[str]:
    paths = [file.path for file in lake.files()]
    return sorted(pl.read_parquet(paths, glob=False, hive_partitioning=False)["event.original"])


def test_compaction_leaves_one_sorted_file_a_day_and_every_event(lake: Lake) -> None:
    fill(lake, 6)
    before = stored(lake)
    assert upkeep.small_days(lake) == [date(2026, 3, 2), date(2026, 3, 3)]
    assert upkeep.compact(lake) == 4
    assert [file.day for file in lake.files()] == [date(2026, 3, 2), date(2026, 3, 3)]
    assert stored(lake) == before
    assert all(pl.read_parquet(file.path)["@timestamp"].is_sorted() for file in lake.files())
    assert upkeep.compact(lake) == 0
    assert upkeep.small_days(lake) == []


def test_compaction_keeps_to_the_days_asked_for(lake: Lake) -> None:
    fill(lake, 4)
    upkeep.compact(lake, [date(2026, 3, 2)])
    assert sorted(file.rows for file in lake.files()) == [2, 2, 4]


def test_files_grow_to_their_size_and_no_further(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "FILE_ROWS", 10)
    fill(lake, 18)
    upkeep.compact(lake)
    assert max(file.rows for file in lake.files()) <= 10
    assert len(lake.files()) == 4


def test_compaction_beside_a_writer_loses_nothing(lake: Lake) -> None:
    fill(lake, 4)
    other = Lake(lake.root)
    other.files()
    upkeep.compact(lake)
    fill(other, 3)
    upkeep.compact(Lake(lake.root))
    assert stored(lake) == stored(other) == sorted(f"line {n}" for n in range(2, 16))


def test_a_compaction_that_another_one_overtook_changes_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(lake, 4)
    slow = Lake(lake.root)
    write = upkeep.write_file

    def overtaken(*arguments: object) -> object:
        written = write(*arguments)
        monkeypatch.setattr(upkeep, "write_file", write)
        upkeep.compact(lake)
        return written

    monkeypatch.setattr(upkeep, "write_file", overtaken)
    upkeep.compact(slow)
    assert stored(lake) == sorted(f"line {n}" for n in range(2, 10))


def test_of_many_compactions_at_once_one_counts(lake: Lake) -> None:
    for _round in range(5):
        fill(lake, 4)
        lakes = [Lake(lake.root) for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(upkeep.compact, lakes))
    assert stored(lake) == sorted(f"line {n}" for n in range(2, 42))


def test_replaced_files_stay_for_those_reading_them(lake: Lake) -> None:
    fill(lake, 4)
    reading = [file.path for file in lake.files()]
    upkeep.compact(lake)
    assert upkeep.vacuum(lake) == 0
    assert pl.read_parquet(reading, glob=False).height == 8


def test_vacuum_takes_replaced_files_and_orphans_and_nothing_else(lake: Lake) -> None:
    fill(lake, 4)
    upkeep.compact(lake)
    orphan = lake.root / "day=2026-03-02" / "left-by-a-killed-reader.parquet"
    orphan.write_bytes(b"half")
    fill(lake, 1)
    age(lake.root)
    assert upkeep.vacuum(lake) == 5
    assert len(list(lake.root.glob("day=*/*.parquet"))) == len(lake.files()) == 3
    assert len(stored(lake)) == 10


def test_days_beyond_the_retention_leave_the_lake_and_then_the_disk(lake: Lake) -> None:
    fill(lake, 4)
    assert upkeep.expire(lake, date(2026, 3, 3)) == 2
    assert {file.day for file in lake.files()} == {date(2026, 3, 3)}
    age(lake.root)
    upkeep.vacuum(lake)
    assert [folder.name for folder in lake.root.glob("day=*")] == ["day=2026-03-03"]
    assert upkeep.expire(lake, date(2026, 3, 3)) == 0


def test_events_may_gain_columns(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = dict(EVENT)
    old = {name: wider.pop(name) for name in ("file.path", "http.version")}
    for module in ("files", "table"):
        monkeypatch.setattr(f"qingdun.logs.lake.{module}.EVENT", wider)
    lake.append(events(2).drop(*old), "spool", 1)
    monkeypatch.undo()
    lake.append(events(2, first=2), "spool", 2)
    upkeep.compact(lake)
    (file,) = lake.files()
    assert pl.read_parquet(file.path, hive_partitioning=False).schema == EVENT
    assert len(stored(lake)) == 4


def test_the_log_of_thousands_of_commits_is_short_after_the_job(lake: Lake) -> None:
    """Opening costs what lies in the log, so what lies in it must not grow with the number of commits."""
    commits = int(os.environ.get("QINGDUN_LAKE_COMMITS") or 200)
    fill(lake, commits, rows=1)
    log = lake.root / "_delta_log"
    early = Lake(lake.root)
    early.files()
    assert len(list(log.glob("*.json"))) > commits
    upkeep.compact(lake)
    upkeep.shorten_log(lake, hours=0)
    left = [file for file in log.iterdir() if file.name != "_last_checkpoint"]
    assert len(left) <= 3, left
    assert sum(file.stat().st_size for file in left) < 400 * commits + 200_000  # until what is removed is forgotten
    fresh = Lake(lake.root)
    assert fresh.position("spool") == commits
    assert len(stored(fresh)) == commits
    fill(fresh, 2, rows=1)
    assert len(stored(early)) == commits + 2, "a reader that stood on the old log goes on"


def age(folder: Path) -> None:
    """Let three hours pass for every file there is."""
    then = time.time() - 3 * 3600
    for path in folder.glob("day=*/*"):
        os.utime(path, (then, then))
    for path in folder.glob("day=*"):
        os.utime(path, (then, then))
