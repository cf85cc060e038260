"""Cuts the bytes of one syslog connection at record borders (RFC 6587): LF-ended lines or octet-counted records.

Pure. Whatever the bytes, nothing is raised and nothing is dropped: a connection that breaks the counted form goes on
as lines from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qingdun.logs.spool import Framing
from qingdun.logs.spool.frames import with_lengths

RECORD_LIMIT = 1024 * 1024  # a longer record is cut here, so that one sender can not fill the memory
_COUNT = re.compile(rb"([1-9][0-9]{0,6}) ")
_COUNTED_START = re.compile(rb"[1-9][0-9]{0,6} <")
_MAY_BE_COUNTED = re.compile(rb"[1-9][0-9]{0,6} ?\Z")

#: How records are laid out in the payload, and the payload.
Cut = tuple[Framing, bytes]


@dataclass(slots=True)
class Cutter:
    """One connection. `feed` gives what has become whole; `rest` gives what is left when it ends or falls silent."""

    framing: Framing | None = None  # None until the first bytes show which
    held: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> list[Cut]:
        data = self.held + data if self.held else data
        if self.framing is None:
            self.framing = _framing_of(data)
        match self.framing:
            case None:
                self.held = data
                return []
            case Framing.LINES:
                return self._lines(data)
            case Framing.LENGTHS:
                return self._counted(data)

    def rest(self) -> list[Cut]:
        held, self.held = self.held, b""
        return [(Framing.LINES, held)] if held else []

    def _lines(self, data: bytes) -> list[Cut]:
        border = data.rfind(b"\n") + 1
        if not border and len(data) >= RECORD_LIMIT:
            border = len(data)
        self.held = data[border:]
        return [(Framing.LINES, data[:border])] if border else []

    def _counted(self, data: bytes) -> list[Cut]:
        records: list[bytes] = []
        at, broken = 0, False
        while at < len(data) and not broken:
            found = _COUNT.match(data, at)
            if found is None:
                broken = not data[at:].isdigit() or len(data) - at > 7
                break
            end = found.end() + int(found[1])
            broken = end - found.end() > RECORD_LIMIT
            if broken or end > len(data):
                break
            records.append(data[found.end() : end])
            at = end
        cuts: list[Cut] = [(Framing.LENGTHS, with_lengths(records))] if records else []
        self.held = data[at:]
        if broken:
            self.framing = Framing.LINES
            cuts += self._lines(self.held)
        return cuts


def _framing_of(data: bytes) -> Framing | None:
    if _COUNTED_START.match(data):
        return Framing.LENGTHS
    return None if _MAY_BE_COUNTED.match(data) else Framing.LINES
