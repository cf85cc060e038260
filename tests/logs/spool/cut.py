"""The records of a payload, one by one, for tests to compare."""

from __future__ import annotations

from qingdun.logs.spool import Framing
from qingdun.logs.spool.frames import borders


def records(framing: Framing, payload: bytes) -> list[bytes]:
    first, whole, bare = borders(framing, payload)
    cut, at = [], first
    for length, kept in zip(whole.tolist(), bare.tolist(), strict=True):
        cut.append(payload[at : at + kept])
        at += length
    assert at == len(payload)
    return cut
