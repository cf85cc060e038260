"""Global search: each room registers in its own `finders.py` what it can find; the reader sees only what is his to see.

`find(user, words)` starts from the room's `visible_to(user)` and gives at most `LIMIT` hits, the best first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise

from qingdun.access import policy

LIMIT = 8


class Hit(NamedTuple):
    title: str
    subtitle: str
    url: str


@dataclass(frozen=True, slots=True)
class Finder:
    label: str | Promise
    permission: str | None
    find: Callable[[Any, str], Sequence[Hit]]
    order: int


_finders: list[Finder] = []


def register(
    label: str | Promise, permission: str | None, find: Callable[[Any, str], Sequence[Hit]], order: int = 100
) -> None:
    """Let the global search ask `find` for readers who hold `permission` anywhere."""
    _finders.append(Finder(label, permission, find, order))
    _finders.sort(key=lambda finder: finder.order)


def search(user: Any, words: str) -> list[tuple[str | Promise, Sequence[Hit]]]:
    """Hits of every room by label; rooms without a hit are left out."""
    words = words.strip()
    if not words:
        return []
    asked = (one for one in _finders if one.permission is None or policy.may(user, one.permission))
    return [(one.label, hits) for one in asked if (hits := one.find(user, words)[:LIMIT])]


def open_to(user: Any) -> list[str | Promise]:
    """What this reader can search for, in words."""
    return [one.label for one in _finders if one.permission is None or policy.may(user, one.permission)]
