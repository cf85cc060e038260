"""What an API token looks like: `qd_` + 8 characters that name it + `_` + 43 that prove it (256 bits).

The beginning is fixed so that scanners of sources and logs find a lost one.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_SHAPE = re.compile(r"qd_([a-zA-Z0-9]{8})_([a-zA-Z0-9]{43})")
_NOBODYS = "0" * 64


@dataclass(frozen=True, slots=True)
class Secret:
    """A token in the clear: it exists while it is made and while it is checked, and is stored nowhere."""

    prefix: str
    proof: str

    @classmethod
    def fresh(cls) -> Secret:
        return cls(_drawn(8), _drawn(43))

    @classmethod
    def parse(cls, text: str) -> Secret | None:
        found = _SHAPE.fullmatch(text)
        return cls(*found.groups()) if found else None

    @property
    def text(self) -> str:
        return f"qd_{self.prefix}_{self.proof}"

    @property
    def digest(self) -> str:
        """Of 256 random bits one round is enough: there is nothing to guess."""
        return sha256(self.text.encode()).hexdigest()

    def is_of(self, digest: str | None) -> bool:
        """Compared in constant time; an unknown token takes as long as a known one."""
        return compare_digest(self.digest, digest or _NOBODYS) and digest is not None


def _drawn(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
