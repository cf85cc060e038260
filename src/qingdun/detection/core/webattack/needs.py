"""What a text must hold before a pattern can match it, read off the pattern itself.

Python's own parser of expressions gives the tree. What it cannot read (RE2 and Python differ in little) needs nothing:
a pattern is searched too often rather than missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from re import _constants as word  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

#: Signs that are rare in harmless requests. A pattern that cannot do without one is left to the sign itself.
SIGNS = frozenset("'\"<>;|`$(){}\\^*!#&\r\n\0")
SHORTEST = 2  # letters of a literal worth looking for
MOST = 1_500  # literals of one pattern


@dataclass(frozen=True, slots=True)
class Needs:
    """`sign`, `space`: one must be there. `literals`: one of these must be; empty when nothing of that kind is sure."""

    sign: bool = False
    space: bool = False
    literals: frozenset[str] = frozenset()


def needs(pattern: str) -> Needs:
    """What every text that `pattern` matches holds."""
    try:
        tree = _parser.parse(pattern.replace("(?i)", ""))
    except re.error:
        return Needs()
    return Needs(
        _always(tree, SIGNS), _always(tree, frozenset(" ")), frozenset(one.lower() for one in _literals(tree) or ())
    )


def _always(tree: Iterable[Any], letters: frozenset[str]) -> bool:
    """Does whatever this part matches hold one of `letters`?"""
    return any(_item_always(what, held, letters) for what, held in tree)


def _item_always(what: Any, held: Any, letters: frozenset[str]) -> bool:
    if what is word.LITERAL:
        return chr(held) in letters
    if what is word.IN:
        return all(one is word.LITERAL and chr(letter) in letters for one, letter in held)
    if what in (word.MAX_REPEAT, word.MIN_REPEAT):
        return held[0] >= 1 and _always(held[2], letters)
    if what is word.SUBPATTERN:
        return _always(held[3], letters)
    return what is word.BRANCH and all(_always(branch, letters) for branch in held[1])


def _literals(tree: Iterable[Any]) -> set[str] | None:
    """The best set of literals of which one must be there: its shortest is longest. None when none is sure."""
    sets: list[set[str]] = []
    run = ""
    for what, held in tree:
        if what is word.LITERAL:
            run += chr(held)
            continue
        if run:
            sets.append({run})
            run = ""
        if (inside := _inside(what, held)) is not None:
            sets.append(inside)
    if run:
        sets.append({run})
    good = [one for one in sets if min(map(len, one)) >= SHORTEST and len(one) <= MOST]
    return max(good, key=lambda one: (min(map(len, one)), -len(one)), default=None)


def _inside(what: Any, held: Any) -> set[str] | None:
    if what is word.SUBPATTERN:
        return _literals(held[3])
    if what in (word.MAX_REPEAT, word.MIN_REPEAT):
        return _literals(held[2]) if held[0] >= 1 else None
    if what is not word.BRANCH:
        return None
    found: set[str] = set()
    for branch in held[1]:
        best = _literals(branch)
        if best is None:
            return None
        found |= best
    return found
