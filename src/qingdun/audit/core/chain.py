"""The chain: each entry carries two digests, each over the entry's content and the digest before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

import orjson

from qingdun.lib.checksums import sha256, sm3

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the chain: its number (from 1; 0 is before the first) and both digests."""

    sequence: int
    sha256: str
    sm3: str

    def next(self, content: Mapping[str, object]) -> Link:
        """The link that `content` makes after this one."""
        text = canonical(content)
        return Link(
            self.sequence + 1,
            sha256(self.sha256.encode("ascii") + text),
            sm3(self.sm3.encode("ascii") + text),
        )


START = Link(0, GENESIS, GENESIS)


class Wrong(Enum):
    """How a chain can be broken."""

    MISSING = auto()  # a gap before `until`
    CHANGED = auto()
    CUT = auto()  # the end is gone, up to `until`
    NOT_THE_HEAD = auto()
    BEYOND_THE_HEAD = auto()
    REBUILT = auto()  # holds in itself, yet does not meet the checkpoint at `until`
    CUT_BEFORE_CHECKPOINT = auto()  # a checkpoint knows of more, up to `until`


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the number of the first bad entry and what is wrong with it.

    `sure`: the last entry that a signed checkpoint vouches for, where the checkpoints found the break.
    """

    sequence: int
    wrong: Wrong
    until: int = 0
    sure: int = 0


def canonical(content: Mapping[str, object]) -> bytes:
    """The one byte form of an entry's content: JSON with sorted keys, no spaces, UTF-8.

    The same bytes as `json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()`.
    """
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def follow(last: Link, entries: Iterable[tuple[Link, Mapping[str, object]]]) -> Link | Break:
    """Walk `entries` (what each claims, and its content) after `last`: the end reached, or the first break."""
    for claimed, content in entries:
        due = last.next(content)
        if claimed.sequence != due.sequence:
            return Break(due.sequence, Wrong.MISSING, claimed.sequence)
        if claimed != due:
            return Break(due.sequence, Wrong.CHANGED)
        last = due
    return last
