"""The byte form of an entry: a fixed head with its own checksum, three short words, the payload, one checksum over all.

Checksums start from the spool's own random seed, so that a log line holding the bytes of a frame is never taken for
one, not even behind a torn frame.
"""

from __future__ import annotations

import struct
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from qingdun.logs.spool import Entry, Framing, Head, Via

MAGIC = b"\x89QD\n"
_HEAD = struct.Struct("<4sIqIIBBHBHI")  # magic, size, received, source, lines, via, framing, three lengths, checksum
_SUM = struct.Struct("<I")
HEAD_BYTES = _HEAD.size
_SUMMED = HEAD_BYTES - 4  # the fixed head's checksum covers all before itself
LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The frame goes on beyond the bytes at hand; it takes `size` bytes in all as far as can be told."""

    size: int


def encode(entry: Entry, seed: int) -> tuple[bytes, bytes]:
    """Head and payload with its checksum; kept apart so that a large payload is not copied."""
    head = entry.head
    words = [word.encode("utf-8", "surrogateescape") for word in (head.peer, head.format, head.mark)]
    size = sum(map(len, words)) + len(entry.payload)
    fixed = _HEAD.pack(
        MAGIC, size, head.received, head.source, head.lines, head.via, head.framing, *map(len, words), 0
    )[:_SUMMED]
    before = fixed + _SUM.pack(crc32(fixed, seed)) + b"".join(words)
    return before + _SUM.pack(crc32(entry.payload, crc32(before, seed))), entry.payload


def decode(data: memoryview, at: int, seed: int) -> tuple[Entry, int] | Incomplete | None:
    """The frame at `at` and where it ends; `Incomplete` when more bytes are needed; None when these are damaged."""
    if len(data) - at < HEAD_BYTES:
        return Incomplete(HEAD_BYTES + 4)
    fixed = data[at : at + _SUMMED]
    magic, size, received, source, lines, via, framing, *lengths, check = _HEAD.unpack_from(data, at)
    if magic != MAGIC or check != crc32(fixed, seed) or size > LARGEST:
        return None
    total = HEAD_BYTES + 4 + size
    if len(data) - at < total:
        return Incomplete(total)
    words_end = at + HEAD_BYTES + sum(lengths)
    payload = bytes(data[words_end + 4 : at + total])
    before = data[at:words_end]
    if _SUM.unpack_from(data, words_end)[0] != crc32(payload, crc32(before, seed)):
        return None
    peer, format_key, mark = _words(bytes(data[at + HEAD_BYTES : words_end]), lengths)
    head = Head(Via(via), Framing(framing), peer, received, lines, source, format_key, mark)
    return Entry(head, payload), at + total


def scan(data: memoryview, seed: int) -> Iterator[tuple[Entry, int] | Incomplete]:
    """Every sound frame with its end, leaping over damaged bytes; ends with `Incomplete` when a frame is cut off."""
    at = 0
    while at < len(data):
        found = decode(data, at, seed)
        if isinstance(found, tuple):
            yield found
            at = found[1]
        elif isinstance(found, Incomplete):
            yield found
            return
        else:
            at = _next_magic(data, at + 1)


def _next_magic(data: memoryview, at: int) -> int:
    found = bytes(data[at:]).find(MAGIC)
    return at + found if found >= 0 else len(data)


def _words(joined: bytes, lengths: Iterable[int]) -> list[str]:
    words, at = [], 0
    for length in lengths:
        words.append(joined[at : at + length].decode("utf-8", "surrogateescape"))
        at += length
    return words


def with_lengths(records: Sequence[bytes | memoryview]) -> bytes:
    """The payload of `Framing.LENGTHS`."""
    return _SUM.pack(len(records)) + array("I", map(len, records)).tobytes() + b"".join(records)


def entry(
    via: Via, framing: Framing, peer: str, payload: bytes, *, source: int = 0, format: str = "", mark: str = ""
) -> Entry:
    """An entry received now."""
    lines = int(np.count_nonzero(borders(framing, payload)[2]))
    return Entry(Head(via, framing, peer, time.time_ns() // 1000, lines, source, format, mark), payload)


def borders(framing: Framing, payload: bytes) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """Where records lie: offset of the first, lengths, lengths without terminator (LF, CRLF, NUL). All vectorised."""
    if framing is Framing.LENGTHS:
        count = _SUM.unpack_from(payload)[0]
        first = 4 + 4 * count
        whole = np.frombuffer(payload, np.uint32, count, 4).astype(np.int64)
        data = np.frombuffer(payload, np.uint8, offset=first) if first < len(payload) else np.empty(0, np.uint8)
        return first, whole, _bare(data, np.cumsum(whole), whole)
    data = np.frombuffer(payload, np.uint8)
    ends = np.flatnonzero(data == 10) + 1
    if len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    whole = np.diff(ends, prepend=0)
    return 0, whole, _bare(data, ends, whole)


def _bare(data: NDArray[np.uint8], ends: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.int64]:
    bare = whole.copy()
    if len(data):
        for terminator in (10, 13, 0):
            bare -= (bare > 0) & (data[np.maximum(ends - whole + bare - 1, 0)] == terminator)
    return bare
