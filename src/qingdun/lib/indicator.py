"""A figure is defined once: key, name, unit, definition in words, one query (STYLE §8).

A room lists its figures in `indicators.py`; `reporting` collects them all. Rounding and the dash for an empty
denominator happen here, at display, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

#: A `str`, or a lazy translation that becomes one when shown.
Words: TypeAlias = object


@dataclass(frozen=True, slots=True)
class Figure:
    """What an indicator gave for one day: a count, or a share with both its parts.

    Raises ValueError for a share whose part is not within its whole: the query is wrong, and must not be shown.
    """

    value: int
    denominator: int | None = None

    def __post_init__(self) -> None:
        if self.denominator is not None and not 0 <= self.value <= self.denominator:
            raise ValueError(f"{self.value}/{self.denominator} is no share")

    @property
    def ratio(self) -> float | None:
        """Numerator over denominator, None when there is nothing to divide by."""
        return self.value / self.denominator if self.denominator else None

    @property
    def is_ratio(self) -> bool:
        return self.denominator is not None

    def __str__(self) -> str:
        if self.denominator is None:
            return f"{self.value:,}"
        return "—" if self.ratio is None else percent(self.value, self.denominator)


def percent(part: int, whole: int) -> str:
    """A share to one decimal. Only all of it is 100% and only none of it is 0%: 999 of 1,000 systems is not done."""
    tenths = round(part * 1000 / whole)
    if part != whole:
        tenths = min(tenths, 999)
    if part:
        tenths = max(tenths, 1)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number of the platform. `count(at, scope)` runs the one query; `link` names the list of the rows it counts.

    `scope` is an `access.policy.Scope`: an indicator counts only what the reader may see. `link` is a URL name plus a
    query string the list understands, e.g. `("inventory:hosts", "agent=yes")`; `{at}` and `{month}` in it become the
    day and its month. The six lowest `order`s that a reader may see stand on his workbench. `goal` is the share that
    should be reached; a ratio without one is neither good nor bad. `rows` is the permission to open
    the list of the rows where it is another than `permission`: a leader sees how many attacks, not the raw lines.
    """

    key: str
    name: Words
    unit: Words
    definition: Words
    count: Callable[[date, Any], Figure]
    permission: str
    link: tuple[str, str] | None = None
    order: int = 100
    goal: float | None = None
    rows: str = ""
