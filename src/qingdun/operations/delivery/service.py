"""The enforcing process: one an installation, one thread a device, woken within a tenth of a second of a change."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Min
from django.utils import timezone

from qingdun.lib.command import Unusable
from qingdun.lib.home import home
from qingdun.operations import actions
from qingdun.operations.delivery import feed
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Block, Enforcer, Revision

POLL_SECONDS = 0.05
SILENT_SECONDS = 10
log = logging.getLogger(__name__)


class Service:
    """Watches the revision and the clock; the runners do the rest."""

    def __init__(self) -> None:
        self.runners: dict[int, Runner] = {}
        self._revision = -1
        self._due: datetime | None = None
        self._said = float("-inf")

    def run(self, stop: Callable[[], bool]) -> None:
        """Serve until told to stop."""
        while not stop():
            self.turn()
            time.sleep(POLL_SECONDS)
        self.close()

    def turn(self) -> None:
        """Look for a change and for terms that are over."""
        try:
            now = timezone.now()
            if self._due is not None and self._due <= now:
                actions.expire(now)
            revision = Revision.current()
            if revision != self._revision:
                self._follow()
                self._revision = revision
            self._say()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            log.error("数据库暂不可用，稍后重试：%s", error)
            time.sleep(1)

    def close(self) -> None:
        """End every thread; one that waits for a device is left to end with the process."""
        for runner in self.runners.values():
            runner.end()
        for runner in self.runners.values():
            runner.join(2)

    def _follow(self) -> None:
        """Start the threads of new devices, end those of devices that are gone, wake the rest."""
        devices = dict(Enforcer.objects.filter(on=True).values_list("pk", "token_digest"))
        for key in set(self.runners) - set(devices):
            self.runners.pop(key).end()
        for runner in self.runners.values():
            if runner.is_alive():
                runner.wake()
        for key in devices:
            if key not in self.runners or not self.runners[key].is_alive():
                self.runners[key] = Runner(key)
                self.runners[key].start()
        feed.clear({digest for digest in devices.values() if digest})
        ending = Block.objects.filter(state__in=[Block.State.STANDING, Block.State.PROPOSED])
        self._due = ending.aggregate(at=Min("valid_until"))["at"]

    def _say(self) -> None:
        if time.monotonic() - self._said < 1:
            return
        self._said = time.monotonic()
        file = _state()
        partial = file.with_suffix(".new")
        partial.write_text(json.dumps({"at": time.time(), "devices": len(self.runners)}), "utf-8")
        partial.replace(file)


def is_running() -> bool:
    """Whether an enforcing process of this installation has said something lately."""
    try:
        said = json.loads(_state().read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return time.time() - float(said["at"]) < SILENT_SECONDS


@contextmanager
def alone() -> Iterator[None]:
    """Be the only enforcing process of the installation meanwhile. Raises Unusable."""
    handle = os.open(home() / "enforce.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Unusable(f"{home()} 已有封禁下发进程在运行，一处安装只需一个") from None
    finally:
        os.close(handle)


def serve() -> None:
    """Enforce until SIGINT or SIGTERM. Raises Unusable when another process does already."""
    with alone():
        Service().run(_stopped())


def _state() -> Path:
    folder = home() / "state"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "enforcer.json"


def _stopped() -> Callable[[], bool]:
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    return lambda: stopped
