"""暂存: what was received and is not yet committed. Written and synced before anyone is told "received".

`Spool` is the seam of DESIGN §4: collectors append, workers take and commit, and neither knows what lies between.
On one machine it is a folder of segment files (`spool.files`). Not for: keeping logs (see `logs.lake`).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Via(IntEnum):
    """How it came in. The numbers stand in files: never change one."""

    UDP = 1
    TCP = 2
    TLS = 3
    HTTP = 4
    FILE = 5


class Framing(IntEnum):
    """How the payload falls into records. The numbers stand in files: never change one."""

    LINES = 1  # each record ends with LF, the last one may lack it
    LENGTHS = 2  # a count, that many lengths (unsigned 32 bit, little endian), then the records back to back


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a payload without looking inside."""

    via: Via
    framing: Framing
    peer: str  # address of the sender, or path of the file
    received: int  # microseconds since 1970, UTC
    lines: int  # records that are not empty
    source: int = 0  # logs.Source when the sender proved it by a token
    format: str = ""  # a format asked for by the sender of this payload
    mark: str = ""  # how far a followed file has been read with this payload (see `collect.follow`)


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of a stream, cut at record borders only."""

    head: Head
    payload: bytes


class Batch(Protocol):
    """Consecutive entries between two positions. It travels to another process before it is loaded."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def heads(self) -> Sequence[Head]: ...
    def load(self) -> list[Entry]: ...


class Full(Exception):
    """No room: nothing was kept of what was offered. The message says which limit, for the sender and the page."""


class Spool(Protocol):
    """Positions only grow, over restarts too. `name` differs for every spool ever made."""

    @property
    def name(self) -> str: ...

    def append(self, entries: Sequence[Entry]) -> Future[None]:
        """Done when the entries would survive a power cut. Fails with `Full`, having kept nothing."""

    def full(self) -> str:
        """Why nothing is taken in at present; empty when there is room."""

    def take(self, position: int, limit: int) -> Batch | None:
        """The entries from `position` on, about `limit` bytes of them; None when there are none yet."""

    def commit(self, position: int) -> None:
        """Everything before `position` is stored elsewhere and may be forgotten."""

    def committed(self) -> int:
        """The position last committed; 0 when none ever was."""

    def end(self) -> int:
        """The position behind the newest entry."""
