"""Personal data (phones, mail addresses): a text that reads as its mask everywhere; what it hides is sealed with it.

Sealed with Fernet (AES-128-CBC and HMAC-SHA-256) under the installation's own key, `$QINGDUN_HOME/personal.key`. A copy
of the records alone shows masks only. `access.personal.show` is the one place that opens a value for a reader.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from cryptography.fernet import Fernet, InvalidToken

from qingdun.lib.home import home

Kind = Literal["phone", "email", "text"]
PATTERNS: dict[str, re.Pattern[str]] = {
    "phone": re.compile(r"\+?[0-9][0-9() -]{4,22}[0-9](转[0-9]{1,6})?"),
    "email": re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,190}"),
    "text": re.compile(r"\S(.{0,198}\S)?"),
}
BETWEEN = "\n"  # mask, then token, in one column: a mask costs no opening


class Unreadable(ValueError):
    """The key of the installation does not open this value; the message is shown as it stands."""


class NotPersonal(ValueError):
    """The text is no phone number or mail address."""


class Personal(str):
    """What anybody sees of a personal value: its mask. `open` gives what it hides."""

    sealed: str

    @classmethod
    def seal(cls, text: str, kind: Kind) -> Self:
        """Raises NotPersonal when the text is not of that kind."""
        text = text.strip()
        if not PATTERNS[kind].fullmatch(text):
            raise NotPersonal(text)
        return cls._of(mask(text, kind), _lock(key()).encrypt(text.encode()).decode("ascii"))

    @classmethod
    def stored(cls, text: str) -> Self:
        """From the column's text."""
        shown, _, sealed = text.partition(BETWEEN)
        return cls._of(shown, sealed)

    @classmethod
    def _of(cls, shown: str, sealed: str) -> Self:
        value = cls(shown)
        value.sealed = sealed
        return value

    @property
    def column(self) -> str:
        return f"{self}{BETWEEN}{self.sealed}"

    def open(self) -> str:
        """Raises Unreadable with another installation's key."""
        try:
            return _lock(key()).decrypt(self.sealed.encode("ascii")).decode()
        except InvalidToken:
            raise Unreadable("个人信息的密钥（personal.key）不是封存时的那一个，请从备份中取回") from None


def same(one: Any, other: Any) -> bool:
    """Do two values of a column say the same? Masks alone do not tell."""
    if isinstance(one, Personal) and isinstance(other, Personal) and one.sealed != other.sealed:
        return one.open() == other.open() if str(one) == str(other) else False
    return bool(one == other)


def mask(text: str, kind: Kind) -> str:
    """138****1234, z***@example.cn, 张**: enough to tell two apart, not enough to reach anybody."""
    if kind == "email":
        name, _, place = text.partition("@")
        return f"{name[:1]}***@{place}"
    if kind == "text":
        return f"{text[:1]}**"
    digits = "".join(filter(str.isdigit, text))
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else f"****{digits[-2:]}"


def key() -> bytes:
    """The installation's key; made on first use, readable by its owner only."""
    file = home() / "personal.key"
    if not file.exists():
        _make(file)
    return file.read_bytes()


def _make(file: Path) -> None:
    """Written whole under another name first: of two processes that begin at once, one wins and both read its key."""
    own = file.with_name(f".personal.{os.getpid()}")
    own.touch(mode=0o600)
    own.write_bytes(Fernet.generate_key())
    try:
        os.link(own, file)
    except FileExistsError:
        pass
    finally:
        own.unlink()


@lru_cache(maxsize=2)
def _lock(key: bytes) -> Fernet:
    return Fernet(key)
