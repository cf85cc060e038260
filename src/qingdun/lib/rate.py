"""How often something may happen, counted across all processes of one machine.

A file of fixed size is mapped into each process; one exclusive lock of the file makes a step exact. Each key has one
number, the time at which its allowance is whole again (GCRA): no lists, no clock work, nothing to clean. A step costs
microseconds and never waits for the database. What it is not: a count over several machines; each counts for itself.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

_SLOT = struct.Struct("<8sd")  # key, and when its allowance is whole again (seconds since 1970)
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` at once, and as many again over `seconds`."""

    most: int
    seconds: float

    @property
    def every(self) -> float:
        return self.seconds / self.most


class Limiter:
    """`take(key, limit, now)` gives 0 when it may happen, else the seconds to wait; then nothing is counted."""

    def __init__(self, file: Path, slots: int = 1 << 15) -> None:
        self.slots = slots
        self._lock = threading.Lock()
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size != slots * _SLOT.size:
            os.ftruncate(self._file, slots * _SLOT.size)
        self._map = mmap.mmap(self._file, slots * _SLOT.size)

    def take(self, key: str, limit: Limit, now: float) -> float:
        return self._locked(key, limit, now, count=True)

    def peek(self, key: str, limit: Limit, now: float) -> float:
        """The same, but nothing is counted when it may happen either."""
        return self._locked(key, limit, now, count=False)

    def _locked(self, key: str, limit: Limit, now: float, *, count: bool) -> float:
        name = blake2b(key.encode(), digest_size=8).digest()
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                return self._step(name, limit, now, count=count)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _step(self, name: bytes, limit: Limit, now: float, *, count: bool) -> float:
        place, whole = self._find(name, now)
        if whole > now + limit.seconds + limit.every:  # written before the clock was set back, or under another limit
            whole = now
        after = max(whole, now) + limit.every
        if after - now > limit.seconds + 1e-6:
            return after - now - limit.seconds
        if count:
            _SLOT.pack_into(self._map, place, name, after)
        return 0.0

    def _find(self, name: bytes, now: float) -> tuple[int, float]:
        """The key's place, or the place of the one that is whole again soonest."""
        first = int.from_bytes(name, "little")
        best, soonest = 0, float("inf")
        for step in range(_TRIES):
            place = (first + step) % self.slots * _SLOT.size
            held, whole = _SLOT.unpack_from(self._map, place)
            if held == name:
                return place, whole
            if whole < soonest:
                best, soonest = place, whole
        return best, now

    def close(self) -> None:
        self._map.close()
        os.close(self._file)
