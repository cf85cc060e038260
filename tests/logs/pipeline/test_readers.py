from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingdun.logs.pipeline.batches import Known
from qingdun.logs.pipeline.read import SMALL_ROWS, Task
from qingdun.logs.pipeline.readers import Flight, Readers
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry
from tests.logs.installation import wait


@pytest.fixture
def readers() -> Iterator[Readers]:
    readers = Readers(1)
    yield readers
    readers.close()


def task(folder: Path, *, padding: int = 0, lines: int = 1) -> Task:
    spool = FileSpool(folder / "spool", floor=0)
    spool.append([entry(Via.TCP, Framing.LINES, "192.0.2.1", b"src=192.0.2.8 act=block\n" * lines)]).result()
    batch = spool.take(0, 10**6)
    spool.close()
    assert batch is not None
    others = {("syslog", f"host-{n}"): Known(n) for n in range(padding)}
    return Task("key", batch, {("syslog", "192.0.2.1"): Known(1)} | others, folder / "lake", "Asia/Shanghai")


def settled(readers: Readers, flight: Flight) -> bool:
    readers.listen(0.1)
    return flight.done


def test_a_task_comes_back_as_a_result(readers: Readers, tmp_path: Path) -> None:
    flight = Flight(task(tmp_path))
    readers.send(flight)
    wait(lambda: settled(readers, flight), 30)
    assert flight.result is not None
    assert flight.result.lines == 1


def test_what_can_not_be_written_is_said_and_the_reader_lives_on(readers: Readers, tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be")
    flight = Flight(task(tmp_path, lines=SMALL_ROWS + 1))
    readers.send(flight)
    wait(lambda: settled(readers, flight), 30)
    assert (flight.died, flight.result) == (False, None)
    assert "Error" in flight.failure
    before = readers.pids
    (tmp_path / "lake").unlink()
    readers.send(flight)
    wait(lambda: settled(readers, flight), 30)
    assert flight.result is not None
    assert readers.pids == before


def test_a_reader_killed_while_a_large_task_is_written_hangs_nobody(readers: Readers, tmp_path: Path) -> None:
    """The task is larger than a pipe holds, and the reader is stopped before it is killed."""
    first = Flight(task(tmp_path / "first"))
    readers.send(first)
    wait(lambda: settled(readers, first), 30)
    (pid,) = readers.pids
    os.kill(pid, signal.SIGSTOP)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    flight = Flight(task(tmp_path / "second", padding=20_000))
    readers.send(flight)
    wait(lambda: settled(readers, flight), 30)
    assert flight.died
    readers.send(flight)
    wait(lambda: settled(readers, flight), 30)
    assert flight.result is not None
