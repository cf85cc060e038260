from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from qingdun.lib.command import Unusable
from qingdun.lib.home import home
from qingdun.logs import jobs
from qingdun.logs.lake import Lake
from qingdun.logs.models import Batch
from tests.logs.lake.events import events


class Said:
    """A job's progress, remembered."""

    def __init__(self) -> None:
        self.last: tuple[int, int, str] = (0, 0, "")

    def __call__(self, done: int, total: int = 0, message: object = "") -> None:
        self.last = (done, total, str(message))


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Lake:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    return Lake()


def test_many_small_files_become_one(lake: Lake) -> None:
    for version in range(1, 6):
        lake.append(events(2, first=version * 2), "spool", version)
    said = Said()
    jobs.compact(said)
    assert (len(lake.files()), said.last[:2]) == (1, (1, 1))
    assert home() in lake.files()[0].path.parents
    jobs.compact(said)
    jobs.shorten(said)
    assert Lake().position("spool") == 5


def test_days_beyond_the_retention_go_and_the_others_stay(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for version, days in enumerate((10, 182, 185), 1):
        lake.append(events(2, received=now - timedelta(days=days)), "spool", version)
    jobs.retain(Said())
    assert len(lake.files()) == 2
    then = time.time() - 3 * 3600
    for file in lake.root.glob("day=*/*.parquet"):
        os.utime(file, (then, then))
    jobs.vacuum(Said())
    assert len(list(lake.root.glob("day=*/*.parquet"))) == 2


@pytest.mark.parametrize(("setting", "days"), [("", 183), ("30", 183), ("0", 183), ("400", 400)])
def test_the_floor_of_the_retention_can_not_be_lowered(
    monkeypatch: pytest.MonkeyPatch, setting: str, days: int
) -> None:
    monkeypatch.setenv("QINGDUN_RETENTION_DAYS", setting)
    assert jobs.retention_days() == days
    assert jobs.oldest_kept(datetime(2026, 7, 2, 15, 59, tzinfo=UTC)) == date(2026, 7, 2) - timedelta(days=days)
    assert jobs.oldest_kept(datetime(2026, 7, 2, 16, 1, tzinfo=UTC)) == date(2026, 7, 3) - timedelta(days=days)


def test_a_retention_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_RETENTION_DAYS", "half a year")
    with pytest.raises(Unusable, match="QINGDUN_RETENTION_DAYS"):
        jobs.retention_days()


@pytest.mark.django_db
def test_old_batches_go_but_the_last_of_each_spool_says_where_counting_stands() -> None:
    for spool in ("one", "two"):
        for end in (10, 20, 30):
            Batch.objects.create(key=f"{spool}-{end}", spool=spool, end=end, lines=1, unread=0)
    Batch.objects.create(key="three-5", spool="three", end=5, lines=1, unread=0)
    Batch.objects.update(committed=timezone.now() - timedelta(days=30))
    Batch.objects.create(key="one-40", spool="one", end=40, lines=1, unread=0)
    jobs.prune_batches(Said())
    assert set(Batch.objects.values_list("key", flat=True)) == {"one-40", "two-30", "three-5"}
