"""检查点: a signed statement of where the chain stood, kept outside the database.

A chain alone does not notice that its end was cut, nor that everything after a certain entry was made anew. Each
checkpoint names the chain's last link, carries the digest of the checkpoint before it, and is signed with Ed25519
(RFC 8032). The series may change its key only by a checkpoint that the old key signed and that names the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qingdun.audit.core.chain import GENESIS, START, Break, Link, Wrong, canonical
from qingdun.lib.checksums import sha256


class NotACheckpoint(ValueError):
    """The text is none; nothing more is known of it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`number` counts from 1 without gaps; `at` is whole seconds, UTC; `key` and `next_key` are raw public keys, hex.

    `previous` is the SHA-256 of the text of the checkpoint before it, zeros for the first.
    """

    number: int
    link: Link
    at: datetime
    previous: str
    key: str
    next_key: str = ""
    signature: str = ""

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises NotACheckpoint unless `text` is exactly what `text` of the checkpoint gives."""
        try:
            given = orjson.loads(text)
            link = Link(given["sequence"], given["sha256"], given["sm3"])
            at = datetime.fromisoformat(given["at"])
            named = {name: given[name] for name in ("number", "previous", "key", "next_key", "signature")}
            found = cls(link=link, at=at, **named)
            same = found.text == text.strip() + b"\n"
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotACheckpoint(str(error)) from None
        if not same:
            raise NotACheckpoint("not in its one form")
        return found

    @property
    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "number": self.number,
            "sequence": self.link.sequence,
            "sha256": self.link.sha256,
            "sm3": self.link.sm3,
            "at": self.at.astimezone(UTC).isoformat(timespec="seconds"),
            "previous": self.previous,
            "key": self.key,
            "next_key": self.next_key,
        }

    @property
    def text(self) -> bytes:
        """One line of JSON: what is kept and passed on."""
        return canonical(self.content | {"signature": self.signature}) + b"\n"

    @property
    def digest(self) -> str:
        return sha256(self.text)

    @property
    def heir(self) -> str:
        """The key that must have signed the next one."""
        return self.next_key or self.key

    def signed(self, key: Ed25519PrivateKey) -> Self:
        return replace(self, signature=key.sign(canonical(self.content)).hex())

    @property
    def is_signed(self) -> bool:
        """Did the key it names sign it?"""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            key.verify(bytes.fromhex(self.signature), canonical(self.content))
        except (ValueError, InvalidSignature):
            return False
        return True


def make(
    previous: Checkpoint | None, link: Link, at: datetime, key: Ed25519PrivateKey, next_key: str = ""
) -> Checkpoint:
    """The next checkpoint of the series, signed."""
    unsigned = Checkpoint(
        number=previous.number + 1 if previous else 1,
        link=link,
        at=at.replace(microsecond=0),
        previous=previous.digest if previous else GENESIS,
        key=raw(key.public_key()),
        next_key=next_key,
    )
    return unsigned.signed(key)


def raw(key: Ed25519PublicKey) -> str:
    """A public key as 64 hex digits, as checkpoints name it."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def fingerprint(key: str) -> str:
    """Eight groups of four digits that two people can read to each other: the beginning of the key's SHA-256."""
    digest = sha256(bytes.fromhex(key))
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))


class Fault(Enum):
    """What can be wrong with a checkpoint."""

    UNREADABLE = auto()
    GONE = auto()  # a number of the series is missing
    UNSIGNED = auto()  # the signature does not hold
    STRANGER = auto()  # signed with a key that nobody trusts
    TORN = auto()  # does not carry the digest of the one before it
    BACKWARD = auto()  # stands before the one before it
    DIFFERENT = auto()  # is not the one that the database keeps a copy of
    UNKNOWN = auto()  # the database knows of no such checkpoint
    UNREACHABLE = auto()  # the folder itself cannot be read


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first checkpoint that does not hold, and why; number 0 when it is the series as a whole."""

    number: int
    fault: Fault


def follow(texts: Mapping[int, bytes], trusted: Iterable[str]) -> tuple[list[Checkpoint], Flaw | None]:
    """Walk a series (number → text) from 1: the checkpoints up to the first flaw, and that flaw.

    `trusted`: public keys (hex) that may sign. A key that a checkpoint names takes over from the one that signed it.
    """
    trusted, retired, held = set(trusted), set[str](), list[Checkpoint]()
    for due, number in enumerate(sorted(texts), start=1):
        if number != due:
            return held, Flaw(due, Fault.GONE)
        before = held[-1] if held else None
        keys = trusted | ({before.heir} if before else set())
        try:
            found = Checkpoint.read(texts[number])
        except NotACheckpoint:
            return held, Flaw(due, Fault.UNREADABLE)
        if fault := _fault(found, number, before, keys - retired):
            return held, Flaw(due, fault)
        if found.next_key:
            retired.add(found.key)
        held.append(found)
    return held, None


def _fault(found: Checkpoint, number: int, before: Checkpoint | None, keys: set[str]) -> Fault | None:
    if found.number != number:
        return Fault.UNREADABLE
    if found.key not in keys:
        return Fault.STRANGER
    if not found.is_signed:
        return Fault.UNSIGNED
    if found.previous != (before.digest if before else GENESIS):
        return Fault.TORN
    if before and (found.link.sequence < before.link.sequence or found.at < before.at):
        return Fault.BACKWARD
    return None


def compare(texts: Mapping[int, bytes], copies: Mapping[int, bytes], *, whole: bool) -> Flaw | None:
    """The first difference between a folder and the database's copies; `whole`: the folder must have all of them."""
    for number in sorted(texts):
        if number not in copies:
            return Flaw(number, Fault.UNKNOWN)
        if texts[number] != copies[number]:
            return Flaw(number, Fault.DIFFERENT)
    gone = min(set(copies) - set(texts), default=0) if whole else 0
    return Flaw(gone, Fault.GONE) if gone else None


def meet(series: Iterable[Checkpoint], digests: Mapping[int, Link], last: Link) -> tuple[int, Break | None]:
    """How many checkpoints a chain meets that holds in itself and ends at `last`, and where it does not.

    `digests`: the chain's links at the checkpoints' sequences. A chain that was made anew can hold in itself; between
    the last checkpoint it meets and the first it does not, something was changed, put in or taken out.
    """
    met, so_far = 0, START
    for number, checkpoint in enumerate(series, start=1):
        link = checkpoint.link
        if link.sequence > last.sequence:
            return met, Break(last.sequence + 1, Wrong.CUT_BEFORE_CHECKPOINT, link.sequence, so_far.sequence)
        if link != START and digests.get(link.sequence) != link:
            return met, Break(so_far.sequence + 1, Wrong.REBUILT, link.sequence, so_far.sequence)
        met, so_far = number, link
    return met, None
