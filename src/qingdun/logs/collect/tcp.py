"""Syslog over TCP and TLS. A connection is read no further until what it sent is synced: that is its back-pressure."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

from qingdun.logs.collect.doors import Counters, keep, plain_address
from qingdun.logs.collect.streams import Cut, Cutter
from qingdun.logs.spool import Spool, Via
from qingdun.logs.spool.frames import entry

CHUNK = 256 * 1024
CONNECTIONS = 2000
CLOSE_SECONDS = 5.0  # without room in the spool, what a sender was not told is kept is given up then
SILENCE_SECONDS = 5.0  # then what a sender left without a border counts as a record


class StreamDoor:
    """One TCP or TLS port."""

    def __init__(self, spool: Spool, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.spool, self.host, self.tls = spool, host, tls
        self.via = Via.TLS if tls else Via.TCP
        self.counters = Counters(self.via.name.lower(), port)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._connected, self.host, self.counters.port, limit=CHUNK, ssl=self.tls, backlog=512
        )
        self.counters.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Keep what whole records the connections have sent, then close them."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= CONNECTIONS:
            self.counters.refused += 1
            writer.close()
            return
        self._tasks.add(task)
        self.counters.connections = len(self._tasks)
        try:
            await self._listen(reader, plain_address(writer.get_extra_info("peername")[0]))
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            pass  # the sender went away, or we do
        finally:
            self._tasks.discard(task)
            self.counters.connections = len(self._tasks)
            writer.close()
            with suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader, peer: str) -> None:
        cutter = Cutter()
        try:
            while data := await self._read(reader, cutter, peer):
                await self._keep(cutter.feed(data), peer)
        finally:
            await self._keep(cutter.rest(), peer)

    async def _read(self, reader: asyncio.StreamReader, cutter: Cutter, peer: str) -> bytes:
        if cutter.held:
            try:
                return await asyncio.wait_for(reader.read(CHUNK), SILENCE_SECONDS)
            except TimeoutError:
                await self._keep(cutter.rest(), peer)
        return await reader.read(CHUNK)

    async def _keep(self, cuts: list[Cut], peer: str) -> None:
        if cuts:
            await keep(
                self.spool, [entry(self.via, framing, peer, payload) for framing, payload in cuts], self.counters
            )
