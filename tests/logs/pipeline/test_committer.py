from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from qingdun.logs.lake import Lake, upkeep
from qingdun.logs.models import Batch, HourTally, Source
from qingdun.logs.pipeline import committer as module
from qingdun.logs.pipeline import read
from qingdun.logs.pipeline.committer import Committer
from qingdun.logs.pipeline.read import Result
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry
from tests.logs.pipeline.deadly import deadly

pytestmark = pytest.mark.django_db


class Works:
    """A spool, a lake and the committer between them, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = FileSpool(folder / "spool", floor=0)
        self.lake = Lake(folder / "lake")
        self.committers: list[Committer] = []

    def committer(self) -> Committer:
        self.committers.append(Committer(self.spool, self.lake, every=0.05, watch=self.folder / "watch"))
        return self.committers[-1]

    def send(self, *lines: str, peer: str = "192.0.2.1") -> None:
        self.spool.append([entry(Via.TCP, Framing.LINES, peer, "".join(f"{x}\n" for x in lines).encode())]).result()

    def settle(self, committer: Committer, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while committer.position < self.spool.end():
            assert time.monotonic() < until
            committer.step()

    def rows(self) -> int:
        return sum(file.rows for file in Lake(self.lake.root).files())


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    works = Works(tmp_path)
    yield works
    for committer in works.committers:
        committer.close()
    works.spool.close()


def totals() -> tuple[int, int]:
    return HourTally.objects.all().totals()["lines"], sum(Batch.objects.values_list("lines", flat=True))


def test_what_is_spooled_is_stored_and_counted(works: Works) -> None:
    committer = works.committer()
    works.send("src=192.0.2.8 act=block", "unreadable")
    works.settle(committer)
    assert (works.rows(), totals()) == (2, (2, 2))
    assert (committer.lines, committer.unread) == (2, 1)
    source = Source.objects.get()
    assert (source.via, source.address, source.registered) == ("syslog", "192.0.2.1", False)
    assert source.last_seen is not None
    assert works.spool.committed() == works.spool.end()


def test_a_cut_between_lake_and_records_is_made_good(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.send("src=192.0.2.8 act=block", "src=192.0.2.9 act=block")
    works.settle(works.committer())
    works.send("src=192.0.2.8 act=block")
    killed = works.committer()
    monkeypatch.setattr(module, "record", lambda *_: os.kill(os.getpid(), signal.SIGUSR1))
    signal.signal(signal.SIGUSR1, _die)
    with pytest.raises(Killed):
        works.settle(killed)
    monkeypatch.undo()
    assert (works.rows(), totals()) == (3, (2, 2))
    after = works.committer()
    assert (works.rows(), totals()) == (3, (3, 3))
    works.send("src=192.0.2.8 act=block")
    works.settle(after)
    assert (works.rows(), totals()) == (4, (4, 4))


def test_a_cut_before_the_lake_is_replayed(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.send("src=192.0.2.8 act=block")
    killed = works.committer()
    monkeypatch.setattr(Lake, "commit", lambda *_: _die())
    with pytest.raises(Killed):
        works.settle(killed)
    monkeypatch.undo()
    assert (works.rows(), totals()) == (0, (0, 0))
    works.settle(works.committer())
    assert (works.rows(), totals()) == (1, (1, 1))


def test_an_absent_database_delays_and_doubles_nothing(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile more arrives, and the files that the lake has already are compacted away."""
    committer = works.committer()
    works.send("src=192.0.2.8 act=block")
    works.settle(committer)
    failures = iter([OperationalError("gone"), OperationalError("gone")])
    record = module.record

    def flaky(name: str, results: list[Result], settle: Callable[[Result], None]) -> None:
        if error := next(failures, None):
            upkeep.compact(Lake(works.lake.root))
            while not all(flight.done for flight in committer._flights):
                committer.readers.listen(1)
            raise error
        record(name, results, settle)

    monkeypatch.setattr(module, "record", flaky)
    monkeypatch.setattr(module.connection, "close", lambda: None)
    monkeypatch.setattr(module, "BATCH_BYTES", 100)
    committer._limit = 100  # so that every entry is a batch and several are under way
    for number in range(6):
        works.send(f"src=192.0.2.8 act=block number={number} {'x' * 100}")
    works.settle(committer)
    assert (works.rows(), totals()) == (7, (7, 7))


def test_a_reader_that_dies_is_replaced(works: Works) -> None:
    committer = works.committer()
    works.send("src=192.0.2.8 act=block")
    works.settle(committer)
    for pid in committer.readers.pids:
        os.kill(pid, signal.SIGKILL)
    works.send("src=192.0.2.9 act=block")
    works.settle(committer)
    assert (works.rows(), totals()) == (2, (2, 2))


def test_what_kills_every_reader_is_kept_unread_and_the_rest_is_read(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "read_batch", deadly)
    committer = works.committer()
    for n in range(4):
        works.send("src=192.0.2.8 act=deadly" if n == 2 else "src=192.0.2.8 act=block")
    works.settle(committer, 60)
    assert (works.rows(), totals()) == (4, (4, 4))
    assert committer.unread == 1


def test_unknown_senders_are_bounded_and_all_counted(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_UNKNOWN_SOURCES", "3")
    committer = works.committer()
    for n in range(10):
        works.send("src=192.0.2.8 act=block", peer=f"198.51.100.{n}")
    works.settle(committer)
    assert totals() == (10, 10)
    assert set(Source.objects.values_list("address", flat=True)) == {*(f"198.51.100.{n}" for n in range(3)), "*"}
    others = Source.objects.get(address="*")
    assert HourTally.objects.filter(source=others).totals()["lines"] == 7


def test_hosts_behind_a_relay_become_sources(works: Works) -> None:
    committer = works.committer()
    works.send(*(f"<13>Mar  2 12:00:00 fw-{n} app: one" for n in range(3)), peer="127.0.0.1")
    works.settle(committer)
    assert set(Source.objects.values_list("address", flat=True)) == {"127.0.0.1", "fw-0", "fw-1", "fw-2"}
    assert {row["lines"] for row in HourTally.objects.by_source()} == {1}


def test_commits_are_no_closer_than_asked(works: Works) -> None:
    committer = Committer(works.spool, works.lake, every=1.0)
    works.committers.append(committer)
    works.send("src=192.0.2.8 act=permit")
    works.settle(committer)  # the reader is there now
    before, until = works.lake.version(), time.monotonic() + 3
    while time.monotonic() < until:
        works.send("src=192.0.2.8 act=permit")
        committer.step()
    committer.drain()
    assert 1 <= works.lake.version() - before <= 4


class Killed(Exception):
    """Stands for the process that ends here."""


def _die(*_: object) -> bool:
    raise Killed
