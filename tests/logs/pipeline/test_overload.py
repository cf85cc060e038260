"""Twenty times more than storing can take: nothing acknowledged is lost, it comes late, and the state says how late."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import closing, suppress

import pytest

from tests.logs.installation import Installation, wait
from tests.logs.pipeline.test_kill import readers_of

LINES, A_REQUEST, REQUESTS = 40_000, 500, 40
SHARE = 20  # one part of the time for storing, as if that much more came in than it can take


class Throttled(threading.Thread):
    """Lets the committer and its readers run for one part in `SHARE` of the time until told otherwise."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.over = pid, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            pids = [self.pid, *readers_of(self.pid)]
            self._tell(pids, signal.SIGSTOP)
            self.over.wait(0.05 * (SHARE - 1))
            self._tell(pids, signal.SIGCONT)

    def _tell(self, pids: list[int], sign: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)

    def end(self) -> None:
        self.over.set()
        self.join()


def said(installation: Installation) -> dict[str, float]:
    state: dict[str, float] = json.loads((installation.home / "state" / "worker.json").read_text())
    return state


@pytest.mark.process
def test_an_overload_delays_and_loses_nothing(installation: Installation) -> None:
    ports = installation.collect()
    worker = installation.start("work")
    assert installation.push(ports["http"], b"src=192.0.2.8 act=block number=-1\n").status == 200
    installation.lines(1)
    throttled = Throttled(worker.pid)
    wait(lambda: said(installation)["backlog_seconds"] == 0, 20, installation.said)
    throttled.start()
    began = time.time()
    try:
        acknowledged = [-1, *_send(installation, ports)]
        wait(lambda: said(installation)["backlog_seconds"] > 2, 60, installation.said)
        late = said(installation)
        assert late["backlog_bytes"] > 0
        assert late["backlog_seconds"] <= time.time() - began
    finally:
        throttled.end()
    stored = installation.lines(len(acknowledged), 120)
    numbers = Counter(int(line.split("number=")[1].split()[0]) for line in stored)
    assert numbers == Counter(acknowledged)
    wait(lambda: said(installation)["backlog_seconds"] == 0, 20, installation.said)
    counted = "from qingdun.logs.models import HourTally\nanswer = HourTally.objects.all().totals()['lines']"
    assert installation.ask(counted) == len(acknowledged)
    installation.stop()


def _send(installation: Installation, ports: dict[str, int]) -> list[int]:
    """Through TCP and, acknowledged one by one, through HTTP; the numbers of the lines."""
    with closing(socket.create_connection(("127.0.0.1", ports["tcp"]), timeout=60)) as sock:
        sock.sendall(_lines(range(LINES)))
    numbers = list(range(LINES))
    for first in range(LINES, LINES + REQUESTS * A_REQUEST, A_REQUEST):
        answer = installation.push(ports["http"], _lines(range(first, first + A_REQUEST)))
        assert (answer.status, answer.content) == (200, {"lines": A_REQUEST})
        numbers += range(first, first + A_REQUEST)
    return numbers


def _lines(numbers: range) -> bytes:
    return "".join(f"src=192.0.2.8 act=block number={n} {'x' * 200}\n" for n in numbers).encode()
