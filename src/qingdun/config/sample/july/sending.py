"""The lines of July into the collector's spool, and through this process's own committer into the lake."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from qingdun.config.sample.city import plan as city_of
from qingdun.config.sample.july.month import days
from qingdun.config.sample.july.plan import DAYS, Plan, plan
from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.logs.lake import Lake
from qingdun.logs.pipeline.committer import Committer
from qingdun.logs.pipeline.service import Taken, alone
from qingdun.logs.spool import Framing, Full, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry

CITY = "small"
AHEAD_BYTES = 64 * 1024 * 1024  # how far the lines are ahead of what is committed
_PIECE = 1000  # lines
_LOOPBACK = "127.0.0.1"  # what comes from this machine was passed on: the header names the device

#: Called with the days written and the share of their bytes that is stored.
Told = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """What went through the pipeline, and how long it took. `blind`: batches that were not wholly looked at."""

    plan: Plan
    lines: int
    readers: int
    blind: int
    seconds: float


def send(told: Told, *, scale: float = 1.0) -> Sent:
    """Send the month and wait until all of it is stored and settled. Raises Unusable."""
    began = time.monotonic()
    city = city_of(CITY)
    month = plan(city, scale)
    readers = environment.number("QINGDUN_READERS", min(4, os.cpu_count() or 1), least=1)
    with ExitStack() as stack:
        try:
            stack.enter_context(alone())
        except Taken:
            raise Unusable("入库进程正在运行；请先停掉 qingdun up 或 qingdun work 再灌入样例") from None
        spool = FileSpool()
        stack.callback(spool.close)
        committer = Committer(spool, Lake(), readers=readers)
        stack.callback(committer.close)
        first, lines = spool.end(), 0
        for day, written in enumerate(days(city, month, environment.zone()), 1):
            lines += len(written)
            for payload in _payloads(written):
                _keep(spool, payload)
            committer.step()
            while spool.end() - committer.position > AHEAD_BYTES:
                committer.step()
            told(day, (committer.position - first) / max(1, spool.end() - first))
        while committer.position < spool.end():
            committer.step()
            told(DAYS, (committer.position - first) / (spool.end() - first))
        return Sent(month, lines, readers, committer.settlers.blind, time.monotonic() - began)


def _payloads(lines: list[bytes]) -> Iterator[bytes]:
    for at in range(0, len(lines), _PIECE):
        yield b"\n".join(lines[at : at + _PIECE]) + b"\n"


def _keep(spool: FileSpool, payload: bytes) -> None:
    try:
        spool.append([entry(Via.TCP, Framing.LINES, _LOOPBACK, payload)]).result()
    except Full as full:
        raise Unusable(f"{full}；腾出空间后请换一个 QINGDUN_HOME 重来") from None
