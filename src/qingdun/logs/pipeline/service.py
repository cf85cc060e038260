"""The committer as a process: one an installation, stopped by a signal, saying once a second how it fares."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from qingdun.lib.command import Unusable
from qingdun.lib.home import home
from qingdun.logs import state
from qingdun.logs.lake import Lake
from qingdun.logs.pipeline.committer import Committer
from qingdun.logs.spool import Spool
from qingdun.logs.spool.files import FileSpool


class Taken(Exception):
    """Another committer serves this installation."""


@contextmanager
def alone() -> Iterator[None]:
    """Be the only committer of the installation meanwhile. Raises `Taken`."""
    handle = os.open(home() / "work.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Taken from None
    finally:
        os.close(handle)


def work(*, readers: int, every: float) -> None:
    """Commit until SIGINT or SIGTERM, then finish what is in hand."""
    if readers < 1 or every <= 0:
        raise Unusable(f"--readers {readers} --every {every} 不能用：进程数至少 1，间隔须大于 0")
    try:
        with alone():
            committer = Committer(FileSpool(), Lake(), readers=readers, every=every)
            committer.run(_stopped(), Said())
    except Taken:
        raise Unusable(f"{home()} 已有入库进程在运行，一处安装只需一个；要更快请用 --readers 增加读取进程") from None


class Said:
    """Publishes the committer's state, once a second."""

    def __init__(self) -> None:
        self.started = time.time()
        self._last = float("-inf")

    def __call__(self, committer: Committer) -> None:
        if time.monotonic() - self._last < 1:
            return
        self._last = time.monotonic()
        spool = committer.spool
        state.publish(
            state.Worker(
                at=time.time(),
                started=self.started,
                readers=committer.readers.count,
                lines=committer.lines,
                unread=committer.unread,
                last_commit=committer.last_commit,
                backlog_bytes=spool.end() - committer.position,
                backlog_seconds=waited(spool, committer.position),
                blind=committer.settlers.blind,
                blind_why=committer.settlers.why,
            )
        )


def waited(spool: Spool, position: int) -> float:
    """For how many seconds the oldest line after `position` has waited; 0 when there is none."""
    batch = spool.take(position, 1)
    return max(0.0, time.time() - batch.heads[0].received / 1e6) if batch else 0.0


def _stopped() -> Callable[[], bool]:
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    return lambda: stopped
