from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from qingdun.logs.spool import Head
from tests.logs.installation import TOKEN, wait
from tests.logs.spool.cut import records


class Doors:
    """A running collector with every door open, in this process."""

    def __init__(self, folder: Path, **spool: int) -> None:
        from qingdun.logs.collect import certificate
        from qingdun.logs.collect.service import Collector, Ports
        from qingdun.logs.spool.files import FileSpool

        self.spool = FileSpool(folder / "spool", **({"floor": 0} | spool))
        tls = certificate.context(None, None, folder / "tls")
        self.collector = Collector(self.spool, "127.0.0.1", Ports(0, 0, 0), tls)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        wait(lambda: bool(self.collector.push and self.collector.push.counters.port), 10)

    def _run(self) -> None:
        self._loop.run_until_complete(self.collector.run(self._stop))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
        assert not self._thread.is_alive()

    def port(self, kind: str) -> int:
        return self.counters(kind).port

    def counters(self, kind: str) -> Any:
        collector = self.collector
        doors = [collector.udp, *collector.streams, collector.push, collector.follower]
        return next(door.counters for door in doors if door and door.counters.kind == kind)

    def kept(self) -> list[tuple[Head, bytes]]:
        """Every record in the spool that is not empty, with the head of its entry."""
        found, position = [], 0
        while batch := self.spool.take(position, 10**8):
            position = batch.end
            for entry in batch.load():
                found += [(entry.head, r) for r in records(entry.head.framing, entry.payload) if r]
        return found

    def records(self, count: int, seconds: float = 10) -> list[bytes]:
        wait(lambda: len(self.kept()) >= count, seconds, lambda: str(self.kept()[:5]))
        return [record for _head, record in self.kept()]


@pytest.fixture
def open_doors(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Doors]]:
    """`open_doors()` starts a collector; a source with `TOKEN` is registered."""
    from qingdun.logs.models import Source

    digest = sha256(TOKEN.encode()).hexdigest()
    Source.objects.create(name="push", via="http", token_digest=digest, registered=True)
    opened: list[Doors] = []

    def start(**spool: int) -> Doors:
        opened.append(Doors(tmp_path, **spool))
        return opened[-1]

    yield start
    for doors in opened:
        doors.close()
        doors.spool.close()
    from django.db import connections

    connections.close_all()


@pytest.fixture
def doors(open_doors: Callable[..., Doors]) -> Doors:
    return open_doors()
