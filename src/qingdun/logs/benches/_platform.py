"""A collector and a worker of their own, in a folder that is thrown away, to be measured from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qingdun.lib.command import Unusable
from qingdun.logs.lake import Lake

STARTS_WITHIN = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Platform:
    """`collect` and `work` of an empty installation with SQLite; `core` pins all their processes to one core."""

    def __init__(self, home: Path, core: int | None = None) -> None:
        self.home, self.core = home, core
        self.lake = Lake(home / "lake" / "events")
        self.collector = self._start("collect", "--syslog", "0", "--tls", "off", "--push", "off")
        self.worker = self._start("work")

    def wait(self) -> None:
        """Until both have said that they are there."""
        for name, process in (("collector", self.collector), ("worker", self.worker)):
            said = self.home / "state" / f"{name}.json"
            wait_for(lambda: said.exists() or process.poll() is not None, STARTS_WITHIN, f"{name} 没有启动")  # noqa: B023
            if process.poll() is not None:
                log = "\n".join(file.read_text("utf-8") for file in self.home.glob("*.log"))
                raise Unusable(f"{name} 没有启动：{log}")

    @property
    def port(self) -> int:
        """The syslog port, UDP; TCP has its own."""
        return int(self.door("udp")["port"])

    def door(self, kind: str) -> dict[str, Any]:
        """What the collector last said of one door."""
        said = json.loads((self.home / "state" / "collector.json").read_text("utf-8"))
        return next(door for door in said["listeners"] if door["kind"] == kind)

    def stored(self) -> int:
        """Lines in the lake."""
        return sum(file.rows for file in self.lake.files())

    def cpu_seconds(self) -> float:
        """Processor time that both and their readers have taken so far."""
        pids = [self.collector.pid, self.worker.pid, *_children(self.worker.pid)]
        return sum(_cpu_seconds(pid) for pid in pids)

    def stop(self) -> None:
        for process in (self.collector, self.worker):
            process.send_signal(signal.SIGTERM)
        for process in (self.collector, self.worker):
            process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        environment = environment_of(self.home) | ({"POLARS_MAX_THREADS": "1"} if self.core is not None else {})
        program = str(Path(sys.executable).with_name("qingdun"))
        with (self.home / f"{command[0]}.log").open("wb") as log:
            process = subprocess.Popen([program, *command], env=environment, stdout=log, stderr=log)
        if self.core is not None:
            os.sched_setaffinity(process.pid, {self.core})
        return process


@contextmanager
def platform(core: int | None = None) -> Iterator[Platform]:
    """A running platform; stopped and deleted at the end."""
    home = Path(tempfile.mkdtemp(prefix="qingdun-bench-"))
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=environment_of(home), check=True)
    running = Platform(home, core)
    try:
        running.wait()
        yield running
    finally:
        running.stop()
        shutil.rmtree(home)


def environment_of(home: Path) -> dict[str, str]:
    chosen = {"QINGDUN_HOME": str(home), "QINGDUN_DATABASE_URL": "", "QINGDUN_DISK_FLOOR": ""}
    return os.environ | chosen | {"DJANGO_SETTINGS_MODULE": "qingdun.config.settings"}


def wait_for(true: Callable[[], bool], seconds: float, otherwise: str) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise Unusable(otherwise)
        time.sleep(0.02)


def say(words: str) -> None:
    """Print at once: a measurement takes minutes."""
    print(words, flush=True)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
