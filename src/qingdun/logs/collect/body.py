"""The body of one push: received within bounds, unpacked, cut into entries."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from qingdun.lib import environment
from qingdun.logs.collect.doors import pieces
from qingdun.logs.spool import Entry, Framing, Via
from qingdun.logs.spool.frames import entry, with_lengths

LIMIT_BYTES = environment.number("QINGDUN_PUSH_LIMIT", 64 * 1024 * 1024, least=1)  # of a body, after unpacking
DOCUMENT_BYTES = 16 * 1024 * 1024  # of one JSON document, which is taken apart in memory
MEMBERS = 10_000  # of one gzip body
BODY_SECONDS = 300.0
_PIECE = 64 * 1024
_KINDS = ("text/", "application/x-ndjson", "application/ndjson", "application/json", "application/octet-stream")
_KINDS_IN_WORDS = "正文应是文本：text/plain、application/x-ndjson 或 application/json"
_TOO_LONG = f"正文超过 {LIMIT_BYTES // 2**20} MB，请分几次发送"

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """An answer other than 200, with what the sender should do."""

    def __init__(self, status: int, detail: str) -> None:
        self.status, self.detail = status, detail
        super().__init__(detail)


def forms(headers: dict[str, str]) -> tuple[str, bool]:
    """What kind of text the body is said to be, and whether it is packed. Raises Refused."""
    kind = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if not kind.startswith(_KINDS):
        raise Refused(415, f"不支持 {kind}；{_KINDS_IN_WORDS}")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Refused(415, f"不支持 {encoding} 压缩；请用 gzip 或不压缩")
    return kind, encoding != "identity"


async def received(receive: Receive, take: Callable[[int], None]) -> bytes:
    """The whole body; `take` is told of every part before it is kept. Raises Refused."""
    parts: list[bytes] = []
    length, more = 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "连接中断，正文不完整")
                parts.append(message.get("body", b""))
                take(len(parts[-1]))
                length += len(parts[-1])
                if length > LIMIT_BYTES:
                    raise Refused(413, _TOO_LONG)
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(408, f"{BODY_SECONDS:.0f} 秒内正文没有发完，请分几次发送") from None
    return b"".join(parts)


def _unpacked(body: bytes) -> bytes:
    """All gzip members of the body; stops at `LIMIT_BYTES`, so that a small body can not unfold into a huge one."""
    parts: list[bytes] = []
    rest, room, members = memoryview(body), LIMIT_BYTES, 0
    while rest:
        members += 1
        if members > MEMBERS:
            raise Refused(400, f"gzip 正文超过 {MEMBERS} 段，请合成一段压缩")
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if not rest:
                raise Refused(400, "gzip 正文不完整")
            try:
                parts.append(member.decompress(rest[:_PIECE], room + 1))
            except zlib.error:
                raise Refused(400, "正文不是完好的 gzip") from None
            room -= len(parts[-1])
            if room < 0:
                raise Refused(413, _TOO_LONG)
            rest = rest[len(rest[:_PIECE]) - len(member.unused_data) :]
    return b"".join(parts)


def entries_of(body: bytes, packed: bool, kind: str, peer: str, source: int) -> list[Entry]:
    """What goes into the spool. Raises Refused."""
    if packed:
        body = _unpacked(body)
    if kind == "application/json" and len(body) > DOCUMENT_BYTES:
        raise Refused(413, f"JSON 正文超过 {DOCUMENT_BYTES // 2**20} MB，请用 application/x-ndjson 一行一条发送")
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
