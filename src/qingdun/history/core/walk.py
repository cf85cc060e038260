"""From what a record is, back to what it was: every change after a moment undone, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

State = Mapping[str, Any]
Fields = Mapping[str, tuple[Any, Any] | list[Any]]

CREATED, CHANGED, REMOVED = "created", "changed", "removed"


def back(now: State | None, changes: Iterable[tuple[str, Fields]]) -> State | None:
    """The record before all of `changes` (act and fields, newest first); None when it did not exist then."""
    state = dict(now) if now is not None else None
    for act, fields in changes:
        before = {name: pair[0] for name, pair in fields.items()}
        if act == CREATED:
            state = None
        elif act == REMOVED:
            state = before
        elif state is not None:
            state |= before
    return state


def difference(before: State | None, after: State | None) -> dict[str, tuple[Any, Any]]:
    """Column by column what it was and what it becomes, unchanged ones left out."""
    names = (before or after or {}).keys()
    pairs = {name: ((before or {}).get(name), (after or {}).get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
