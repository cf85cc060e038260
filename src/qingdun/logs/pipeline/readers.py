"""The reader processes: each has a pipe of its own, so that one killed in mid-word blocks neither us nor the others.

(`ProcessPoolExecutor` shares one queue: when its only reader dies while a large task is being written, its shutdown
waits for ever.)
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import polars as pl

from qingdun.logs.pipeline import read
from qingdun.logs.pipeline.read import Result, Task

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Flight:
    """A task on its way. `failure` says why there is no result; `died`, that the reader died over it.

    `seconds`: how long the reader had it, once it is done.
    """

    task: Task
    result: Result | None = None
    failure: str = ""
    died: bool = False
    began: float = 0.0
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        return self.result is not None or bool(self.failure)


@dataclass(slots=True, eq=False)
class _Reader:
    process: SpawnProcess
    pipe: Connection
    flight: Flight | None = None
    ready: bool = False  # it has said so: whatever kills it before that is no task's fault


@dataclass(slots=True)
class Readers:
    """`count` processes. Tasks are taken in the order they were sent."""

    count: int
    _readers: list[_Reader] = field(default_factory=list)
    _waiting: deque[Flight] = field(default_factory=deque)

    def send(self, flight: Flight) -> None:
        flight.result, flight.failure, flight.died = None, "", False
        self._waiting.append(flight)
        self._hand_out()

    def listen(self, seconds: float) -> None:
        """Take in what readers have to say, waiting at most so long for the first word."""
        heard = wait([reader.pipe for reader in self._readers], seconds)
        for reader in [reader for reader in self._readers if reader.pipe in heard]:
            self._hear(reader)
        self._hand_out()

    def close(self) -> None:
        """End them all at once: what they had in hand is not committed and will be taken again."""
        for reader in self._readers:
            reader.process.kill()
            reader.process.join()
            reader.pipe.close()
        self._readers.clear()
        self._waiting.clear()

    @property
    def pids(self) -> list[int]:
        return [reader.process.pid or 0 for reader in self._readers]

    def _hear(self, reader: _Reader) -> None:
        try:
            word = reader.pipe.recv()
        except (EOFError, OSError):
            self._bury(reader)
            return
        flight, reader.flight = reader.flight, None
        if flight is None:
            reader.ready = True
        elif isinstance(word, Result):
            flight.result, flight.seconds = word, time.monotonic() - flight.began
        else:
            flight.failure = word

    def _bury(self, reader: _Reader) -> None:
        reader.process.join()
        reader.pipe.close()
        self._readers.remove(reader)
        log.error("读取进程 %s 中止（退出码 %s）", reader.process.pid, reader.process.exitcode)
        if reader.flight is not None:
            reader.flight.failure, reader.flight.died = "读取进程中止", True

    def _hand_out(self) -> None:
        while len(self._readers) < self.count:
            self._readers.append(_started(self.count))
        for reader in self._readers:
            if reader.ready and reader.flight is None and self._waiting:
                reader.flight = self._waiting.popleft()
                reader.flight.began = time.monotonic()
                try:
                    reader.pipe.send(reader.flight.task)
                except OSError:  # it is dead, which `listen` is about to hear
                    continue


def _started(count: int) -> _Reader:
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, read.read_batch), daemon=True)
    process.start()
    theirs.close()  # or its end would never be heard
    return _Reader(process, ours)


def serve(pipe: Connection, read_batch: Callable[[Task], Result]) -> None:
    """What a reader process does until its committer hangs up."""
    read.start()
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(read_batch(task))
        except (Exception, pl.exceptions.PanicException) as error:
            pipe.send(f"{type(error).__name__}: {error}")
