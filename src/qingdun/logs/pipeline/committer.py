"""The committer: hands batches to readers, and commits what they finished, in order: once a second, at once if urgent.

Why both paces, and why small batches are written here: decision 0009.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
from deltalake.exceptions import DeltaError
from django.db import DatabaseError, InterfaceError, connection, transaction

from qingdun.lib.home import home
from qingdun.logs.lake import Lake
from qingdun.logs.lake.files import Added, write_days
from qingdun.logs.lake.table import Lost
from qingdun.logs.pipeline import recall
from qingdun.logs.pipeline.read import Result, Task
from qingdun.logs.pipeline.readers import Flight, Readers
from qingdun.logs.pipeline.records import counted_until, record
from qingdun.logs.pipeline.settled import Failed, Settlers
from qingdun.logs.pipeline.sources import Sources
from qingdun.logs.pipeline.watch import Material
from qingdun.logs.spool import Batch, Spool

BATCH_BYTES = 8 * 1024 * 1024
UNCOMMITTED = 64  # batches read and waiting for the next commit, at most
POLL_SECONDS = 0.02
PROMPT_SECONDS = 0.1  # between two takes of little, at least; more where looking at little takes long
URGENT_SECONDS = 0.2  # between two commits, at least, however urgent
DRAIN_SECONDS = 60
log = logging.getLogger(__name__)


class Committer:
    """One per spool. `step` is one turn of the loop; everything it has not committed is taken again after a crash."""

    def __init__(
        self, spool: Spool, lake: Lake, *, readers: int = 1, every: float = 1.0, watch: Path | None = None
    ) -> None:
        self.spool, self.lake, self.every = spool, lake, every
        self.readers = Readers(readers)
        self.sources = Sources()
        self.settlers = Settlers(watch or home() / "watch", spool.name)
        self.lines = self.unread = 0
        self.last_commit: float | None = None  # time.time() of the newest
        self._flights: deque[Flight] = deque()
        self._limit = BATCH_BYTES
        self._deaths: Counter[str] = Counter()  # readers that died over a batch of a single entry, by key
        self._last_take = self._last_try = float("-inf")
        self._pace = PROMPT_SECONDS  # seconds between takes while little comes in
        self.position = self._taken = self.recover()

    def run(self, stop: Callable[[], bool], each: Callable[[Committer], None]) -> None:
        """Work until `stop` says so, then finish what is under way. `each` is called once a turn."""
        while not stop():
            self.step()
            each(self)
        self.drain()
        self.close()

    def close(self) -> None:
        """End the readers, and keep what the rooms have in mind."""
        self.readers.close()
        self.settlers.dump(self.position, now=True)

    def drain(self) -> None:
        """Commit what readers have in hand, without taking more; what still fails is taken again at the next start."""
        until = time.monotonic() + DRAIN_SECONDS
        while self._flights and time.monotonic() < until:
            self.readers.listen(POLL_SECONDS)
            self._turn()

    def step(self) -> None:
        """Take, read, commit what is due, or wait a moment when there is nothing to do."""
        self._turn(fill=True)
        if self._under_way():
            self.readers.listen(POLL_SECONDS)
        else:
            time.sleep(POLL_SECONDS if not self._flights else POLL_SECONDS / 5)

    def _turn(self, *, fill: bool = False) -> None:
        try:
            self._settle()
            if fill:
                self._fill()
            if self._is_due(finished := self._finished()):
                self._commit(finished)
        except (DatabaseError, InterfaceError) as error:  # the lake may have them: the records follow on a later turn
            connection.close()
            log.error("数据库暂不可用，稍后重试：%s", error)
            time.sleep(self.every)

    def recover(self) -> int:
        """Where to go on. What the lake holds but the records do not was cut off between the two: count it now."""
        stored, counted = self.lake.position(self.spool.name) or 0, counted_until(self.spool.name)
        self._remember(counted)
        if counted < stored:
            log.warning("补记上次中断时已入湖未计数的日志：%d 至 %d", counted, stored)
            first, last = key_of(self.spool.name, counted), key_of(self.spool.name, stored)
            self._record(list(recall.uncounted(self.lake, first, last, stored, self._materials())))
        self.spool.commit(stored)
        self.settlers.dump(stored, now=True)
        return stored

    def _remember(self, counted: int) -> None:
        """Bring to the rooms' minds what was counted since they were last dumped."""
        dumped = self.settlers.wake(counted)
        if dumped == counted:
            return
        log.info("回看上次保存关联状态之后的日志：%d 至 %d", dumped, counted)
        for result in recall.counted(self.lake, self.spool.name, dumped, counted, self._materials()):
            try:
                with transaction.atomic():
                    self.settlers.settle(result, again=True)
            except Failed as failed:
                self.settlers.skip(failed)
            else:
                self.settlers.committed([result])

    def _materials(self) -> Mapping[str, Material]:
        return self.settlers.materials(lambda: [flight.task.material for flight in self._flights])

    # taking

    def _fill(self) -> None:
        """Keep every reader busy and one batch waiting each; what is no full batch goes when the readers are idle."""
        while self._may_take():
            due = not self._under_way() and time.monotonic() - self._last_take >= self._pace
            waiting = self.spool.end() - self._taken
            if not waiting or not (due or waiting > self._limit):
                return
            if (batch := self.spool.take(self._taken, self._limit)) is None:
                return
            self._send(batch)
            self._last_take, self._taken = time.monotonic(), batch.end

    def _under_way(self) -> int:
        return sum(not flight.done for flight in self._flights)

    def _may_take(self) -> bool:
        if self._limit < BATCH_BYTES:  # looking for what kills readers: one at a time
            return not self._flights
        return self._under_way() < 2 * self.readers.count and len(self._flights) < UNCOMMITTED

    def _send(self, batch: Batch) -> None:
        sources = self.sources.for_heads(batch.heads)
        key = key_of(self.spool.name, batch.start)
        suspect = self._deaths[key] > 1
        task = Task(key, batch, sources, self.lake.root, self.lake.zone, suspect, self._materials())
        self._flights.append(Flight(task))
        self.readers.send(self._flights[-1])

    # settling

    def _settle(self) -> None:
        """Give readers a second try where they need one: hosts to be named first, a full disk, a reader that died."""
        for flight in [flight for flight in self._flights if flight.done]:
            if flight.died:
                self._start_over(flight.task)
                return
            if flight.failure:  # the disk, most likely: nothing was written, and nothing is lost by waiting
                log.error("批次 %s 未能写入：%s", flight.task.key, flight.failure)
                time.sleep(self.every)
                self.readers.send(flight)
            elif flight.result and flight.result.unknown:
                self.sources.register(("syslog", host) for host in flight.result.unknown)
                flight.task = replace(flight.task, sources=self.sources.for_heads(flight.task.batch.heads))
                self.readers.send(flight)

    def _start_over(self, culprit: Task | None = None) -> None:
        """Take again from the last commit; if a reader died, half as much, until the entry that did it stands alone.

        Killed from outside is what most readers are, so an entry is left unread only when a second one dies over it.
        """
        log.warning("从位置 %d 重新读取", self.position)
        if culprit is not None:
            self._limit = max(1, min(self._limit, culprit.batch.end - culprit.batch.start) // 2)
            if len(culprit.batch.heads) == 1:
                self._deaths[culprit.key] += 1
        self.readers.close()
        self._flights.clear()
        self._taken = self.position

    # committing

    def _is_due(self, finished: list[Result]) -> bool:
        waited = time.monotonic() - self._last_try
        urgent = waited >= URGENT_SECONDS and any(result.urgent for result in finished)
        return bool(finished) and (urgent or waited >= self.every)

    def _files(self, results: list[Result]) -> list[Added]:
        """What readers wrote, and in one more file what was too little for a file of its own."""
        added = [file for result in results for file in result.added]
        little = [pl.read_ipc(result.rows) for result in results if result.rows]
        if little:
            added += write_days(self.lake.root, pl.concat(little), results[0].key, self.lake.zone)
        return added

    def _finished(self) -> list[Result]:
        """The results that are next in order, with no gap; they stay in flight until committed."""
        results = []
        for flight in self._flights:
            if flight.result is None or flight.result.unknown:
                break
            results.append(flight.result)
        return results

    def _commit(self, results: list[Result]) -> None:
        self._last_try = time.monotonic()
        end = results[-1].end
        try:
            stored = self.lake.position(self.spool.name) or 0  # further than counted, if the records were out of reach
            self.lake.commit(self._files([r for r in results if r.end > stored]), self.spool.name, end)
            self._record(results)
        except Lost:
            self._start_over()
        except (DeltaError, OSError) as error:
            log.error("未能提交到日志湖，稍后重试：%s", error)
        else:
            self._committed(results, end)

    def _record(self, results: list[Result]) -> None:
        """Count and settle them. A room that cannot settle one of them goes without it."""
        while True:
            try:
                record(self.spool.name, results, self.settlers.settle)
            except Failed as failed:
                self.settlers.skip(failed)
            except BaseException:
                self.settlers.forget()
                raise
            else:
                return self.settlers.committed(results)

    def _committed(self, results: list[Result], end: int) -> None:
        self.spool.commit(end)
        took = max(self._flights.popleft().seconds for _result in results)
        self._pace = min(self.every, max(PROMPT_SECONDS, 2 * took))
        self.position, self.last_commit = end, time.time()
        self._limit = min(4 * self._limit, BATCH_BYTES)
        self._deaths.clear()
        self.lines += sum(result.lines for result in results)
        self.unread += sum(result.unread for result in results)
        self.settlers.dump(end)


def key_of(spool: str, position: int) -> str:
    """The key of the batch that begins at `position`; keys of one spool sort by position."""
    return f"{spool}-{position:016x}"
