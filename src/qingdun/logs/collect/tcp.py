"""Syslog over TCP and TLS. A connection is read no further until what it sent is synced: that is its back-pressure."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from contextlib import suppress

from qingdun.logs.collect.doors import Counters, Gate, keep, plain_address
from qingdun.logs.collect.streams import Cut, Cutter
from qingdun.logs.spool import Spool, Via
from qingdun.logs.spool.frames import entry

CHUNK = 256 * 1024
CONNECTIONS = 2000
PER_ADDRESS = 200  # a relay opens a few, a device one
QUIET_SECONDS = 60.0  # who has said nothing for so long makes way when all places are taken; else silence is no fault
HANDSHAKE_SECONDS = 10.0
CLOSE_SECONDS = 5.0  # without room in the spool, what a sender was not told is kept is given up then
SILENCE_SECONDS = 5.0  # then what a sender left without a border counts as a record
log = logging.getLogger(__name__)


class StreamDoor:
    """One TCP or TLS port."""

    def __init__(self, spool: Spool, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.spool, self.host, self.tls = spool, host, tls
        self.via = Via.TLS if tls else Via.TCP
        self.counters = Counters(self.via.name.lower(), port)
        self.gate = Gate(CONNECTIONS, PER_ADDRESS)
        self._heard: dict[asyncio.Task[None], float] = {}  # every connection, and when it last said something
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, self.counters.port), family=family, backlog=512)
        self._socket.setblocking(False)
        self.counters.port = self._socket.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._socket))

    async def stop(self) -> None:
        """Keep what whole records the connections have sent, then close them."""
        if self._accepting and self._socket:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
            self._socket.close()
        for task in self._heard:
            task.cancel()
        if self._heard:
            await asyncio.wait(self._heard, timeout=CLOSE_SECONDS)

    async def _accept(self, listening: socket.socket) -> None:
        """Let in whom the gate lets in; nothing is asked of TLS before."""
        while True:
            try:
                connection, address = await asyncio.get_running_loop().sock_accept(listening)
            except OSError as error:  # no file handles left, most likely
                log.error("暂时接不进连接：%s", error)
                await asyncio.sleep(1)
                continue
            peer = plain_address(address[0])
            if not self.gate.enter(peer):
                self.counters.refused += 1
                connection.close()
                self._make_way()
                continue
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a peer that vanished is noticed
            self._heard[asyncio.create_task(self._serve(connection, peer))] = time.monotonic()
            self.counters.connections = len(self._heard)

    def _make_way(self) -> None:
        """When every place is taken, the one who has been quiet longest goes; the next to come finds it free."""
        task, heard = min(self._heard.items(), key=lambda one: one[1])
        if self.gate.inside.total() >= self.gate.total and time.monotonic() - heard > QUIET_SECONDS:
            task.cancel()

    async def _serve(self, connection: socket.socket, peer: str) -> None:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        times = {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": CLOSE_SECONDS} if self.tls else {}
        try:
            transport, _protocol = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self.tls, **times
            )
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            try:
                await self._listen(reader, peer)
            finally:
                writer.close()
                with suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            pass  # the sender went away, or we do
        finally:
            self.gate.leave(peer)
            if (task := asyncio.current_task()) is not None:
                self._heard.pop(task, None)
            self.counters.connections = len(self._heard)

    async def _listen(self, reader: asyncio.StreamReader, peer: str) -> None:
        cutter = Cutter()
        try:
            while data := await self._read(reader, cutter, peer):
                if (task := asyncio.current_task()) is not None:
                    self._heard[task] = time.monotonic()
                await self._keep(cutter.feed(data), peer)
        finally:
            await self._keep(cutter.rest(), peer)

    async def _read(self, reader: asyncio.StreamReader, cutter: Cutter, peer: str) -> bytes:
        if cutter.waiting:
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
