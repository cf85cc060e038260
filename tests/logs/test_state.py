from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from qingdun.logs import state


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))


def worker(at: float) -> state.Worker:
    return state.Worker(
        at=at, started=at, readers=1, lines=5, unread=1, last_commit=None, backlog_bytes=9, backlog_seconds=0.5
    )


def collector(at: float) -> state.Collector:
    doors = (state.Listener("udp", 5514, received_lines=3, lost=2), state.Listener("http", 5515))
    return state.Collector(at=at, started=at, listeners=doors, full="", disk_free=10, disk_floor=5)


def test_what_was_published_is_read_again() -> None:
    now = time.time()
    for said in (worker(now), collector(now)):
        state.publish(said)
    assert (state.worker(), state.collector()) == (worker(now), collector(now))


def test_who_never_ran_or_fell_silent_is_not_there() -> None:
    assert (state.worker(), state.collector()) == (None, None)
    state.publish(worker(time.time() - state.SILENT_SECONDS - 1))
    assert state.worker() is None


def test_a_file_that_is_not_ours_is_nobody(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "worker.json").write_text(json.dumps({"at": time.time()})[:5])
    assert state.worker() is None
