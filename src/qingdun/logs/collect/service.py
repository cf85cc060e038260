"""All doors in one process: opened, watched once a second, closed in order."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import time
from dataclasses import asdict, dataclass

from qingdun.logs import state
from qingdun.logs.collect.directory import Directory
from qingdun.logs.collect.follow import Follower
from qingdun.logs.collect.push import PushDoor
from qingdun.logs.collect.tcp import StreamDoor
from qingdun.logs.collect.udp import Receiver
from qingdun.logs.spool.files import FileSpool


@dataclass(frozen=True, slots=True)
class Ports:
    """Which doors to open; 0 is any free port, None a door that stays shut."""

    syslog: int | None
    tls: int | None
    push: int | None


class Collector:
    def __init__(self, spool: FileSpool, host: str, ports: Ports, tls: ssl.SSLContext | None) -> None:
        self.spool = spool
        self.started = time.time()
        self.directory = Directory()
        self.follower = Follower(spool, self.directory)
        self.streams: list[StreamDoor] = []
        self.udp: Receiver | None = None
        self.push = None if ports.push is None else PushDoor(spool, self.directory, host, ports.push)
        if ports.syslog is not None:
            self.udp = Receiver(spool, host, ports.syslog or _free_port(host))
            self.streams.append(StreamDoor(spool, host, self.udp.counters.port))
        if ports.tls is not None:
            self.streams.append(StreamDoor(spool, host, ports.tls, tls))

    async def run(self, stop: asyncio.Event) -> None:
        """Open, work until `stop` is set, close. A port that is taken raises OSError before anything is open."""
        following = asyncio.create_task(self.follower.run(stop))
        try:
            await self._open()
            while not stop.is_set():
                self._publish()
                await asyncio.to_thread(self.directory.refresh)
                await _pause(stop, 1.0)
        finally:
            stop.set()
            await self._close()
            following.cancel()
            await asyncio.wait([following])

    async def _open(self) -> None:
        for stream in self.streams:
            await stream.start()
        if self.push:
            await self.push.start()
        if self.udp:
            self.udp.start()

    async def _close(self) -> None:
        if self.push:
            await self.push.stop()
        for stream in self.streams:
            await stream.stop()
        if self.udp:
            await asyncio.to_thread(self.udp.stop)

    def _publish(self) -> None:
        if self.udp:
            self.udp.measure()
        doors = [self.udp, *self.streams, self.push, self.follower]
        state.publish(
            state.Collector(
                at=time.time(),
                started=self.started,
                listeners=tuple(state.Listener(**asdict(door.counters)) for door in doors if door),
                full=self.spool.full(),
                disk_free=shutil.disk_usage(self.spool.folder).free,
                disk_floor=self.spool.floor,
            )
        )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _free_port(host: str) -> int:
    """A port that TCP has free, to be shared with UDP, which rarely has one taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
