"""Processes that fall come back; all stop together."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from qingdun.config.supervisor import Part, Supervisor

pytestmark = pytest.mark.process


def _writes(file: Path) -> list[str]:
    return [
        sys.executable,
        "-c",
        f"import os,time; open({str(file)!r},'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)",
    ]


def _pids(file: Path, count: int) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if file.exists() and len(lines := file.read_text().split()) >= count:
            return [int(line) for line in lines]
        time.sleep(0.02)
    raise AssertionError(f"只启动了 {file.read_text() if file.exists() else 0}")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_part_is_started_again_and_stop_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    supervisor = Supervisor([Part("试验", _writes(file))])
    for part in supervisor.parts:
        part.start()
    try:
        os.kill(_pids(file, 1)[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while len(file.read_text().split()) < 2 and time.monotonic() < deadline:
            supervisor.look()
            time.sleep(0.05)
        second = _pids(file, 2)[1]
        assert _alive(second)
    finally:
        supervisor.stop()
    assert not _alive(second)


def test_falls_wait_longer_each_time() -> None:
    part = Part("试验", [sys.executable, "-c", "raise SystemExit(3)"])
    waits = []
    for _ in range(3):
        part.start()
        assert part.process is not None
        part.process.wait()
        assert part.fell() == 3
        waits.append(round(part.due - time.monotonic()))
    assert waits == [1, 2, 4]
