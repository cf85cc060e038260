"""The query as a value: clauses that must all hold, and the time in which to look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from qingdun.logs.core.columns import EVENT, TEXT, TIME

LINE = "event.original"
#: Columns that hold one address each, so that a network may be asked for.
ADDRESSES = frozenset({"source.ip", "destination.ip", "observer.ip", "network.forwarded_ip"})
NUMBERS = frozenset(name for name, kind in EVENT.items() if kind not in (TEXT, TIME))
TIMES = frozenset(name for name, kind in EVENT.items() if kind == TIME)
#: What a person may name in a query. Times are asked for as a range beside the query.
FIELDS = tuple(name for name in EVENT if name not in TIMES)


class Op(StrEnum):
    """How a clause compares. Text comparison other than IS, IN and MATCHES takes a–z and A–Z as equal."""

    IS = "is"  # one value, exact
    IN = "in"  # any of the values, exact
    RANGE = "range"  # (low, high), both inclusive, None is open
    PREFIX = "prefix"
    ENDS = "ends"
    CONTAINS = "contains"
    EXISTS = "exists"  # no value
    CIDR = "cidr"  # one network
    MATCHES = "matches"  # one RE2 expression, found anywhere in the value


Value = str | int | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one column. Negated it also holds where the column is empty."""

    field: str
    op: Op
    values: tuple[Value, ...] = ()
    negated: bool = False

    @property
    def is_full_text(self) -> bool:
        return self.field == LINE and self.op is Op.CONTAINS


@dataclass(frozen=True, slots=True)
class Query:
    """检索条件: `start` is inclusive, `end` exclusive, both UTC or None for open."""

    clauses: tuple[Clause, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def within(self, start: datetime | None, end: datetime | None) -> Query:
        return replace(self, start=start, end=end)

    def and_also(self, clause: Clause) -> Query:
        return self if clause in self.clauses else replace(self, clauses=(*self.clauses, clause))

    def without(self, clause: Clause) -> Query:
        return replace(self, clauses=tuple(one for one in self.clauses if one != clause))
