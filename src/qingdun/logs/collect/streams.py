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
    """One connection. `feed` gives what has become whole; `rest` gives what is left when it ends or falls silent.

    What is not whole waits in pieces and is put together once, so that a sender of single bytes costs no more than
    its bytes.
    """

    framing: Framing | None = None  # None until the first bytes show which
    waiting: int = 0  # bytes held
    _pieces: list[bytes] = field(default_factory=list, repr=False)
    _needed: int = 0  # bytes of the counted record that is on its way, its count included; 0 when not known

    def feed(self, data: bytes) -> list[Cut]:
        self._pieces.append(data)
        self.waiting += len(data)
        if self._is_still_partial(data):
            return []
        data = self._all()
        if self.framing is None:
            self.framing = _framing_of(data)
        match self.framing:
            case None:
                self._hold(data)
                return []
            case Framing.LINES:
                return self._lines(data)
            case Framing.LENGTHS:
                return self._counted(data)

    def rest(self) -> list[Cut]:
        held = self._all()
        return [(Framing.LINES, held)] if held else []

    def _is_still_partial(self, data: bytes) -> bool:
        if self.framing is Framing.LINES:
            return self.waiting < RECORD_LIMIT and b"\n" not in data
        return self.framing is Framing.LENGTHS and self.waiting < self._needed

    def _all(self) -> bytes:
        held = b"".join(self._pieces)
        self._pieces.clear()
        self.waiting = self._needed = 0
        return held

    def _hold(self, data: bytes) -> None:
        self._pieces, self.waiting = ([data] if data else []), len(data)

    def _lines(self, data: bytes) -> list[Cut]:
        border = data.rfind(b"\n") + 1
        if not border and len(data) >= RECORD_LIMIT:
            border = len(data)
        self._hold(data[border:])
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
                self._needed = end - at
                break
            records.append(data[found.end() : end])
            at = end
        cuts: list[Cut] = [(Framing.LENGTHS, with_lengths(records))] if records else []
        if broken:
            self.framing = Framing.LINES
            return cuts + self._lines(data[at:])
        self._hold(data[at:])
        return cuts


def _framing_of(data: bytes) -> Framing | None:
    if _COUNTED_START.match(data):
        return Framing.LENGTHS
    return None if _MAY_BE_COUNTED.match(data) else Framing.LINES
