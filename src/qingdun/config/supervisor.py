"""Keeps the platform's processes running: starts them, restarts what falls, stops all of them together.

Each part is an ordinary command (`qingdun collect`, `qingdun work`, …), so a larger installation runs the same commands
under its own service manager and needs nothing from here.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

STEADY = 30.0  # seconds after which a process counts as started, and its next fall is the first again
PATIENCE = 10.0  # seconds a process has to end by itself


@dataclass(slots=True)
class Part:
    """One process of the platform: its name for people, its command line, and how often it fell lately."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    due: float = field(default=0.0)  # monotonic time of the next start

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: PLW1509
        self.started = time.monotonic()

    def fell(self) -> int | None:
        """The exit status if the process has ended since the last look, and when it may start again."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        self.process = None
        self.falls = 1 if time.monotonic() - self.started > STEADY else self.falls + 1
        self.due = time.monotonic() + min(2.0 ** (self.falls - 1), STEADY)
        return status


def _die_with_parent() -> None:
    """On Linux a child is told to end when the supervisor itself is killed: no process is ever left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Supervisor:
    """Runs the parts until told to stop by Ctrl-C or SIGTERM."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.stopping = False

    def start(self) -> None:
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        for part in self.parts:
            part.start()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def look(self) -> None:
        """Restart whatever has fallen and is due."""
        for part in self.parts:
            if (status := part.fell()) is not None:
                print(f"{part.name} 意外结束（{status}），将重新启动", file=sys.stderr)
            if part.process is None and time.monotonic() >= part.due:
                part.start()

    def run(self) -> None:
        """Watch until told to stop, then stop everything."""
        while not self.stopping:
            self.look()
            time.sleep(0.2)
        self.stop()

    def stop(self) -> None:
        """Ask every process to end, in reverse order; after `PATIENCE` seconds do not ask."""
        running = [part.process for part in reversed(self.parts) if part.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
