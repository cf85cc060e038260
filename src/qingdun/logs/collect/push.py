"""HTTP push: `POST /push`, lines or NDJSON, gzip welcome, one token a source. 200 means synced to disk.

    200 {"lines": n}   401 no valid token   413 too long   415 not a kind of text or not gzip
    400 broken gzip    404, 405 elsewhere   503 the register of sources is out of reach   507 no room

A raw ASGI application, served by uvicorn in the collector's own loop.
"""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn

from qingdun.lib import environment
from qingdun.logs.collect.directory import Directory
from qingdun.logs.collect.doors import Counters, pieces, plain_address
from qingdun.logs.spool import Entry, Framing, Full, Spool, Via
from qingdun.logs.spool.frames import entry, with_lengths

LIMIT_BYTES = environment.number("QINGDUN_PUSH_LIMIT", 64 * 1024 * 1024, least=1)  # of a body, after unpacking
_KINDS = ("text/", "application/x-ndjson", "application/ndjson", "application/json", "application/octet-stream")
_KINDS_IN_WORDS = "正文应是文本：text/plain、application/x-ndjson 或 application/json"

_TOO_LONG = f"正文超过 {LIMIT_BYTES // 2**20} MB，请分几次发送"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _Server(uvicorn.Server):  # type: ignore[misc]  # untyped
    """Signals are the collector's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Refused(Exception):
    """An answer other than 200, with what the sender should do."""

    def __init__(self, status: int, detail: str) -> None:
        self.status, self.detail = status, detail
        super().__init__(detail)


class PushDoor:
    """One HTTP port."""

    def __init__(self, spool: Spool, directory: Directory, host: str, port: int) -> None:
        self.spool, self.directory, self.host = spool, directory, host
        self.counters = Counters("http", port)
        self._server = _Server(
            uvicorn.Config(
                self, lifespan="off", access_log=False, log_config=None, ws="none",
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
        kind, packed = _forms(headers)
        if reason := self.spool.full():
            raise Refused(507, reason)
        body = await _body(receive)
        peer = plain_address(scope["client"][0]) if scope.get("client") else ""
        entries = await asyncio.to_thread(_entries, body, packed, kind, peer, source)
        if entries:
            try:
                await asyncio.wrap_future(self.spool.append(entries))
            except Full as full:
                raise Refused(507, str(full)) from None
        self.counters.received(entries)
        return sum(entry.head.lines for entry in entries)

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


def _forms(headers: dict[str, str]) -> tuple[str, bool]:
    kind = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if not kind.startswith(_KINDS):
        raise Refused(415, f"不支持 {kind}；{_KINDS_IN_WORDS}")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Refused(415, f"不支持 {encoding} 压缩；请用 gzip 或不压缩")
    return kind, encoding != "identity"


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "连接中断，正文不完整")
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LIMIT_BYTES:
            raise Refused(413, _TOO_LONG)
        more = message.get("more_body", False)
    return b"".join(parts)


def _unpacked(body: bytes) -> bytes:
    """All gzip members of the body; stops at `LIMIT_BYTES`, so that a small body can not unfold into a huge one."""
    parts: list[bytes] = []
    room = LIMIT_BYTES
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(body, room + 1))
        except zlib.error:
            raise Refused(400, "正文不是完好的 gzip") from None
        room -= len(parts[-1])
        if room < 0:
            raise Refused(413, _TOO_LONG)
        if not member.eof:
            raise Refused(400, "gzip 正文不完整")
        body = member.unused_data
    return b"".join(parts)


def _entries(body: bytes, packed: bool, kind: str, peer: str, source: int) -> list[Entry]:
    if packed:
        body = _unpacked(body)
    if kind == "application/json" and (records := _documents(body)):
        return [entry(Via.HTTP, Framing.LENGTHS, peer, with_lengths(records), source=source)]
    return pieces(Via.HTTP, peer, body, source=source)


def _documents(body: bytes) -> list[bytes]:
    """One JSON document is one record, an array one each; empty for what is not one document (lines, after all)."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    return [orjson.dumps(item) for item in (document if isinstance(document, list) else [document])]


async def _answer(send: Send, status: int, content: dict[str, Any]) -> None:
    body = orjson.dumps(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
