"""What a room says of one register so that tables can be imported into it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from qingdun.web.imports.columns import Column, Context, Text
from qingdun.web.imports.rows import Row


class Refused(ValueError):
    """The table as a whole breaks a rule; nothing of it can be accepted. The text names the rule and the rows."""


class Session(Protocol):
    """One run over one table, chunk by chunk. A room's session looks things up in sets, never row by row."""

    context: Context

    def __init__(self, context: Context) -> None:
        self.context = context

    def whole(self, rows: Sequence[Row]) -> None:
        """Only where `Register.at_once`: look at all rows together. Raises Refused."""

    @abstractmethod
    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        """What only one row may hold, each with its column's key; the first is the row's identity."""

    @abstractmethod
    def match(self, rows: Sequence[Row]) -> None:
        """Set `before` of each row that stands already; hold it where `context.lock` says so."""

    def check(self, row: Row) -> None:
        """Rules over several cells; `row.wrong(column, words)` for each that is broken."""

    def check_all(self, rows: Sequence[Row]) -> None:
        """Rules that need the records, asked in sets. After `check`, of the rows that are not wrong yet."""

    @abstractmethod
    def label(self, row: Row) -> str:
        """How the row is called in the preview."""

    @abstractmethod
    def write(self, new: Sequence[Row], changed: Sequence[Row]) -> None:
        """Write one chunk, inside the transaction."""

    @abstractmethod
    def finish(self) -> None:
        """Record what was written, as the transaction's last step: whoever records holds the audit chain."""

    def close(self) -> None:
        """The run is over, well or badly: let go of what was opened."""


@dataclass(frozen=True)
class Register:
    """`open` begins a session. `identity` says in words how a row finds what stands already.

    `needs`: the columns without which no row can be matched. `at_once`: the rows belong together (a tree) and are
    decided as one chunk. `url_name`: the register's list.
    """

    key: str  # "<room>.<things>"
    title: Text
    permission: str
    columns: tuple[Column, ...]
    open: Callable[[Context], Session]
    identity: Text
    needs: tuple[str, ...]
    url_name: str
    at_once: bool = False

    @property
    def room(self) -> str:
        return self.key.partition(".")[0]

    @property
    def kind(self) -> str:
        return self.key.partition(".")[2]

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @property
    def titles(self) -> dict[str, str]:
        """Every title a column may stand under → its key; a column's own title wins over another's alias."""
        every = {title: column.key for column in self.columns for title in column.titles}
        return every | {title: column.key for column in self.columns for title in column.titles[:2]}


_registers: dict[str, Register] = {}


def register(*given: Register) -> None:
    _registers.update({one.key: one for one in given})


def registers(room: str = "") -> dict[str, Register]:
    """By key, in the order of declaration; of one room only when it is named."""
    return {key: one for key, one in _registers.items() if not room or one.room == room}
