"""Letters without case: Unicode simple case folding, one character to one character.

Sigma compares strings without case (rules specification, "General"). Simple folding (statuses C and S of Unicode's
CaseFolding.txt) keeps the number of characters, so that `?` still stands for one character of the value.
"""

from __future__ import annotations

import re


class _Folding(dict[int, str]):
    """Filled as characters are met; at most one entry for each character of Unicode."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        options = (char.casefold(), char.lower(), char)
        folded = next(option for option in options if len(option) == 1)
        self[code] = folded
        return folded


_FOLDING = _Folding()


class _Plain(dict[str, bool]):
    """Is folding this character what `str.lower` does, wherever it stands? (Not so for Σ, İ and some scripts.)"""

    def __missing__(self, char: str) -> bool:
        self[char] = plain = char != "Σ" and char.lower() == _FOLDING[ord(char)]
        return plain


_PLAIN = _Plain()
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")


def fold(text: str) -> str:
    """The text as it is compared when case does not count."""
    if text.isascii() or all(map(_PLAIN.__getitem__, set("".join(_BEYOND_ASCII.findall(text))))):
        return text.lower()
    return text.translate(_FOLDING)
