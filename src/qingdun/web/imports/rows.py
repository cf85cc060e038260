"""One row of an imported table, and what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class What(StrEnum):
    """What a row would do to the register."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


#: Column key (empty: the row as a whole) and words.
Fault = tuple[str, str]
#: Column key → what it is and what it becomes, in words.
Changes = Mapping[str, tuple[str, str]]


@dataclass(slots=True)
class Row:
    """`text`: the cells as given. `values`: what they mean, without the wrong ones. `before`: what stands already."""

    number: int
    text: dict[str, str | None]
    values: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    label: str = ""
    before: Any = None
    changes: Changes = field(default_factory=dict)

    def wrong(self, column: str, words: object) -> None:
        self.faults.append((column, str(words)))

    @property
    def what(self) -> What:
        if self.faults:
            return What.WRONG
        if self.before is None:
            return What.NEW
        return What.CHANGED if self.changes else What.UNCHANGED
