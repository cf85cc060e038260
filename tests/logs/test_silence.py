"""A source falls silent: one line for each silence, read by our own format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qingdun.logs import silence
from qingdun.logs.models import Source
from qingdun.logs.spool import Full
from qingdun.logs.spool.files import FileSpool

pytestmark = pytest.mark.django_db
NOW = datetime(2022, 7, 12, 2, 5, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[FileSpool]:
    one = FileSpool(tmp_path / "spool", floor=0)
    yield one
    one.close()


def make(name: str, minutes: int | None, *, registered: bool = True, address: str = "192.0.2.12") -> Source:
    seen = None if minutes is None else NOW - timedelta(minutes=minutes)
    return Source.objects.create(name=name, via="syslog", address=address, registered=registered, last_seen=seen)


def test_a_silence_is_told_once_and_its_end_once(spool: FileSpool) -> None:
    wall = make("边界\n防火墙 1", 65)
    (line,) = silence.tell(spool, NOW)
    assert line.endswith(
        f"source-silent source={wall.pk} minutes=65 last=2022-07-12T09:00:00+08:00 "
        "address=192.0.2.12 name=边界 防火墙 1"
    )
    assert silence.tell(spool, NOW + timedelta(minutes=30)) == []
    Source.objects.filter(pk=wall.pk).update(last_seen=NOW + timedelta(minutes=40))
    (line,) = silence.tell(spool, NOW + timedelta(minutes=41))
    assert "source-heard" in line
    assert silence.tell(spool, NOW + timedelta(minutes=42)) == []
    assert len(silence.tell(spool, NOW + timedelta(minutes=200))) == 1


def test_a_source_that_spoke_and_fell_silent_between_two_looks_is_told_again(spool: FileSpool) -> None:
    wall = make("FW01", 65)
    assert len(silence.tell(spool, NOW)) == 1
    Source.objects.filter(pk=wall.pk).update(last_seen=NOW + timedelta(minutes=1))
    assert len(silence.tell(spool, NOW + timedelta(minutes=100))) == 1


def test_the_unregistered_the_never_heard_and_the_platform_itself_are_not_told_of(spool: FileSpool) -> None:
    make("待登记", 6000, registered=False)
    make("从未收到", None, address="192.0.2.13")
    Source.objects.filter(pk=silence.own().pk).update(last_seen=NOW - timedelta(days=900))
    assert silence.tell(spool, NOW) == []


def test_what_the_spool_did_not_take_is_said_again(tmp_path: Path) -> None:
    make("FW01", 65)
    full = FileSpool(tmp_path / "full", floor=1 << 60)
    with pytest.raises(Full):
        silence.tell(full, NOW)
    full.close()
    assert len(silence.changes(NOW)[0]) == 1


def test_lines_of_the_platform_come_from_one_source_of_its_own(spool: FileSpool) -> None:
    make("FW01", 65)
    silence.tell(spool, NOW)
    batch = spool.take(0, 1 << 20)
    assert batch is not None
    assert [(head.source, head.format) for head in batch.heads] == [(silence.own().pk, "qingdun")]
    assert Source.objects.filter(name="清盾平台").count() == 1
