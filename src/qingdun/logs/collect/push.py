"""HTTP push: `POST /push`, lines or NDJSON, gzip welcome, one token a source. 200 means synced to disk.

    200 {"lines": n}   401 no valid token   408 too slow   413 too long   415 not a kind of text or not gzip
    400 broken gzip    404, 405 elsewhere   503 the register of sources is out of reach, or too much at once
    507 no room

A raw ASGI application, served by uvicorn in the collector's own loop. Who has no token gets a bounded number of
connections, a small head and a few seconds; who has one, a bounded share of the memory.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from qingdun.logs.collect.body import LIMIT_BYTES, Receive, Refused, entries_of, forms, received
from qingdun.logs.collect.directory import Directory
from qingdun.logs.collect.doors import Counters, Gate, plain_address
from qingdun.logs.spool import Full, Spool

ROOM_BYTES = 4 * LIMIT_BYTES  # of all bodies on their way
HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024
CONNECTIONS = 512
PER_ADDRESS = 64

Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Server(uvicorn.Server):  # type: ignore[misc]  # untyped
    """Signals are the collector's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(HttpToolsProtocol):  # type: ignore[misc]  # untyped
    """A connection that the door's gate lets in, whose request heads are short and come soon."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.peer = plain_address(self.client[0]) if self.client else ""
        self.head_bytes = 0
        self.head_due: asyncio.TimerHandle | None = None  # set from the start of a head to its end
        self.admitted: bool = self.app.gate.enter(self.peer)
        if self.admitted:
            self._await_head()
        else:
            self.app.counters.refused += 1
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._head_came()
        if self.admitted:
            self.app.gate.leave(self.peer)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._await_head()
        super().data_received(data)
        if self.head_due is not None:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES:
                self.send_400_response("Request head too long.")

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def _await_head(self) -> None:
        if self.head_due is None:
            self.head_bytes, self.head_due = 0, self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_came(self) -> None:
        if self.head_due is not None:
            self.head_due.cancel()
            self.head_due = None


class PushDoor:
    """One HTTP port."""

    def __init__(self, spool: Spool, directory: Directory, host: str, port: int) -> None:
        self.spool, self.directory, self.host = spool, directory, host
        self.counters = Counters("http", port)
        self.gate = Gate(CONNECTIONS, PER_ADDRESS)
        self.held = 0  # bytes of all bodies on their way
        self._server = _Server(
            uvicorn.Config(
                self, http=_Protocol, lifespan="off", access_log=False, log_config=None, ws="none",
                server_header=False, proxy_headers=False, timeout_keep_alive=75, timeout_graceful_shutdown=5,
            )
        )  # fmt: skip
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        # bound here, because uvicorn would end the process over a port that is taken
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.create_server((self.host, self.counters.port), family=family, backlog=512)
        self.counters.port = bound.getsockname()[1]
        self._running = asyncio.create_task(self._server.serve(sockets=[bound]))
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._running:
            await self._running

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.counters.connections += 1
        try:
            await _answer(send, 200, {"lines": await self._push(scope, receive)})
        except Refused as refused:
            self.counters.refused += 1
            await _answer(send, refused.status, {"detail": refused.detail})
        finally:
            self.counters.connections -= 1

    async def _push(self, scope: dict[str, Any], receive: Receive) -> int:
        if scope["path"] != "/push":
            raise Refused(404, "只有一个地址：POST /push")
        if scope["method"] != "POST":
            raise Refused(405, "请用 POST")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        source = await self._source(headers.get("authorization", ""))
        kind, packed = forms(headers)
        if reason := self.spool.full():
            raise Refused(507, reason)
        peer = plain_address(scope["client"][0]) if scope.get("client") else ""
        with self._taking() as take:
            body = await received(receive, take)
            entries = await asyncio.to_thread(entries_of, body, packed, kind, peer, source)
            take(sum(len(entry.payload) for entry in entries) if packed else 0)
            if entries:
                try:
                    await asyncio.wrap_future(self.spool.append(entries))
                except Full as full:
                    raise Refused(507, str(full)) from None
        self.counters.received(entries)
        return sum(entry.head.lines for entry in entries)

    @contextmanager
    def _taking(self) -> Iterator[Callable[[int], None]]:
        """Lets one request take bytes of the room that all share; what it took is free again at the end."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if self.held + size > ROOM_BYTES:
                raise Refused(503, "同时推送的正文太多，请稍后重发")
            self.held, taken = self.held + size, taken + size

        try:
            yield take
        finally:
            self.held -= taken

    async def _source(self, authorization: str) -> int:
        scheme, _space, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "缺少令牌：请求头应有 Authorization: Bearer 令牌")
        source = await asyncio.to_thread(self.directory.source_of, token.strip())
        if source is None and not self.directory.known:
            raise Refused(503, "读不到来源登记，请稍后重发")
        if source is None:
            raise Refused(401, "令牌无效或已作废，请在“日志来源”页面重新生成")
        return source


async def _answer(send: Send, status: int, content: dict[str, Any]) -> None:
    body = orjson.dumps(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status in (408, 413, 503):  # the rest of the body is not waited for
        headers.append((b"connection", b"close"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
