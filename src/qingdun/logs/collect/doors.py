"""What all doors share: the way into the spool, and what they count for the sources page."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from qingdun.logs.spool import Entry, Framing, Full, Spool, Via
from qingdun.logs.spool.frames import entry

PIECE = 4 * 1024 * 1024  # a longer payload goes in as several entries, so that batches stay small
WAIT_SECONDS = 0.2  # between two looks whether there is room again


@dataclass(slots=True)
class Counters:
    """What came through one door; see `state.Listener`, which is this at one moment."""

    kind: str
    port: int = 0
    received_lines: int = 0
    received_bytes: int = 0
    lost: int = 0
    refused: int = 0
    connections: int = 0

    def received(self, entries: Sequence[Entry]) -> None:
        self.received_lines += sum(entry.head.lines for entry in entries)
        self.received_bytes += sum(len(entry.payload) for entry in entries)


@dataclass(slots=True)
class Gate:
    """Who may come in: so many connections at once, and so many of them from one address."""

    total: int
    each: int
    inside: Counter[str] = field(default_factory=Counter)

    def enter(self, peer: str) -> bool:
        if self.inside.total() >= self.total or self.inside[peer] >= self.each:
            return False
        self.inside[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self.inside[peer] -= 1
        if not self.inside[peer]:
            del self.inside[peer]


def pieces(via: Via, peer: str, payload: bytes, *, source: int = 0, format: str = "", mark: str = "") -> list[Entry]:
    """A long payload of lines as entries of about `PIECE` bytes; the mark stands on the last."""
    parts = list(_parts(payload))
    return [
        entry(via, Framing.LINES, peer, part, source=source, format=format, mark=mark if part is parts[-1] else "")
        for part in parts
    ]


def _parts(payload: bytes) -> Iterator[bytes]:
    start = 0
    while len(payload) - start > PIECE:
        border = payload.rfind(b"\n", start, start + PIECE) + 1 or payload.find(b"\n", start + PIECE) + 1
        if not border:
            break
        yield payload[start:border]
        start = border
    if start < len(payload):
        yield payload[start:] if start else payload


async def keep(spool: Spool, entries: Sequence[Entry], counters: Counters) -> None:
    """Come back when the entries are synced, however long there is no room: who awaits this reads no further."""
    while True:
        try:
            await asyncio.wrap_future(spool.append(entries))
        except Full:
            await asyncio.sleep(WAIT_SECONDS)
        else:
            counters.received(entries)
            return


def plain_address(address: str) -> str:
    """The sender's address as a person writes it: an IPv4 address seen through an IPv6 socket is an IPv4 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)
