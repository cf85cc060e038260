"""The committer: hands batches to readers, and commits what they finished, in order, at most once a second."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context

import polars as pl
from deltalake.exceptions import DeltaError
from django.db import DatabaseError, InterfaceError, connection

from qingdun.logs.lake import Lake
from qingdun.logs.lake.table import Lost
from qingdun.logs.pipeline import read
from qingdun.logs.pipeline.read import Result, Task
from qingdun.logs.pipeline.records import counted_until, record
from qingdun.logs.pipeline.sources import Sources
from qingdun.logs.pipeline.tally import COUNTED, last_received, tallies
from qingdun.logs.spool import Batch, Spool

BATCH_BYTES = 8 * 1024 * 1024
POLL_SECONDS = 0.05
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Flight:
    """A batch on its way through a reader."""

    task: Task
    future: Future[Result]


class Committer:
    """One per spool. `step` is one turn of the loop; everything it has not committed is taken again after a crash."""

    def __init__(self, spool: Spool, lake: Lake, *, readers: int = 1, every: float = 1.0) -> None:
        self.spool, self.lake, self.readers, self.every = spool, lake, readers, every
        self.sources = Sources()
        self.position = self.recover()
        self.lines = self.unread = 0
        self.last_commit: float | None = None  # time.time() of the newest
        self._taken = self.position
        self._flights: deque[Flight] = deque()
        self._limit = BATCH_BYTES
        self._suspects: set[str] = set()  # single entries that killed a reader
        self._last_take = self._last_try = float("-inf")
        self._pool = self._new_pool()

    def run(self, stop: Callable[[], bool], each: Callable[[Committer], None]) -> None:
        """Work until `stop` says so, then finish what is under way. `each` is called once a turn."""
        while not stop():
            self.step()
            each(self)
        self.drain()
        self.close()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def drain(self) -> None:
        """Commit what readers have in hand, without taking more; what still fails is taken again at the next start."""
        for _attempt in range(3):
            wait([flight.future for flight in self._flights], timeout=60)
            self._settle()
            if finished := self._finished():
                self._commit(finished)
            if not self._flights:
                return

    def step(self) -> None:
        """Take, read, commit what is due, or wait a moment when there is nothing to do."""
        self._fill()
        oldest = self._flights[0].future if self._flights else None
        if oldest is None:
            time.sleep(POLL_SECONDS)
        elif not oldest.done():
            wait([oldest], POLL_SECONDS)
        self._settle()
        if time.monotonic() - self._last_try >= self.every and (finished := self._finished()):
            self._commit(finished)

    def recover(self) -> int:
        """Where to go on. What the lake holds but the records do not was cut off between the two: count it now."""
        stored, counted = self.lake.position(self.spool.name) or 0, counted_until(self.spool.name)
        if counted < stored:
            log.warning("补记上次中断时已入湖未计数的日志：%d 至 %d", counted, stored)
            record(self.spool.name, self._uncounted(counted, stored))
        self.spool.commit(stored)
        return stored

    def _uncounted(self, counted: int, stored: int) -> Iterator[Result]:
        first, last = key_of(self.spool.name, counted), key_of(self.spool.name, stored)
        wanted = pl.col("qingdun.batch").is_between(pl.lit(first), pl.lit(last), closed="left")
        paths = [file.path for file in self.lake.files()]
        rows = pl.scan_parquet(paths, glob=False).filter(wanted).select(*COUNTED).collect()
        for (key,), events in rows.group_by("qingdun.batch"):
            yield Result(
                key=str(key),
                end=stored,
                lines=events.height,
                unread=events["error.message"].count(),
                tallies=tuple(tallies(events)),
                seen=last_received(events),
            )

    # taking

    def _fill(self) -> None:
        """Keep every reader busy and one batch waiting each; a batch that is not full goes once per `every`."""
        while len(self._flights) < (2 * self.readers if self._limit == BATCH_BYTES else 1):
            due = not self._flights and time.monotonic() - self._last_take >= 0.9 * self.every
            waiting = self.spool.end() - self._taken
            if not waiting or not (due or waiting > self._limit):
                return
            if (batch := self.spool.take(self._taken, self._limit)) is None:
                return
            self._last_take = time.monotonic()
            self._taken = batch.end
            self._submit(batch)

    def _submit(self, batch: Batch) -> None:
        sources = self.sources.for_heads(batch.heads)
        key = key_of(self.spool.name, batch.start)
        task = Task(key, batch, sources, self.lake.root, self.lake.zone, suspect=key in self._suspects)
        self._flights.append(Flight(task, self._pool.submit(read.read_batch, task)))

    # settling

    def _settle(self) -> None:
        """Give readers a second try where they need one: hosts to be named first, or a reader that died."""
        for flight in self._flights:
            if not flight.future.done():
                continue
            error = flight.future.exception()
            if isinstance(error, BrokenExecutor):
                return self._start_over()
            if error is None and (unknown := flight.future.result().unknown):
                self.sources.register(("syslog", host) for host in unknown)
                again = replace(flight.task, sources=self.sources.for_heads(flight.task.batch.heads))
                flight.task, flight.future = again, self._pool.submit(read.read_batch, again)
            elif error is not None:  # the disk, most likely: nothing was written, and nothing is lost by waiting
                log.error("批次 %s 未能写入：%s", flight.task.key, error)
                time.sleep(self.every)
                flight.future = self._pool.submit(read.read_batch, flight.task)
        return None

    def _start_over(self) -> None:
        """A reader died. Take again from the last commit, half as much, until the entry that did it stands alone."""
        log.error("读取进程中止，从位置 %d 重新读取", self.position)
        task = next((f.task for f in self._flights if not f.future.done() or f.future.exception()), None)
        if task is not None:
            self._limit = max(1, min(self._limit, task.batch.end - task.batch.start) // 2)
            if len(task.batch.heads) == 1:
                self._suspects.add(task.key)
        self._pool.shutdown(cancel_futures=True)
        self._pool = self._new_pool()
        self._flights.clear()
        self._taken = self.position

    # committing

    def _finished(self) -> list[Result]:
        """The results that are next in order, with no gap; they stay in flight until committed."""
        results = []
        for flight in self._flights:
            if not flight.future.done() or flight.future.exception() or flight.future.result().unknown:
                break
            results.append(flight.future.result())
        return results

    def _commit(self, results: list[Result]) -> None:
        self._last_try = time.monotonic()
        end = results[-1].end
        try:
            self.lake.commit([file for result in results for file in result.added], self.spool.name, end)
            record(self.spool.name, results)
        except Lost:
            self._start_over()
        except (DeltaError, OSError) as error:
            log.error("未能提交到日志湖，稍后重试：%s", error)
        except (DatabaseError, InterfaceError) as error:  # the lake has them; the records follow on a later turn
            connection.close()
            log.error("计数未能写入数据库，稍后重试：%s", error)
        else:
            self._committed(results, end)

    def _committed(self, results: list[Result], end: int) -> None:
        self.spool.commit(end)
        for _result in results:
            self._flights.popleft()
        self.position, self.last_commit = end, time.time()
        self._limit = min(4 * self._limit, BATCH_BYTES)
        self._suspects.clear()
        self.lines += sum(result.lines for result in results)
        self.unread += sum(result.unread for result in results)

    def _new_pool(self) -> ProcessPoolExecutor:
        os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // self.readers)))
        return ProcessPoolExecutor(self.readers, mp_context=get_context("spawn"), initializer=read.start)


def key_of(spool: str, position: int) -> str:
    """The key of the batch that begins at `position`; keys of one spool sort by position."""
    return f"{spool}-{position:016x}"
