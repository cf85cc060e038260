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
    """What an indicator gave for one day: a count, or a ratio with both its parts."""

    value: int
    denominator: int | None = None

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
        return "—" if self.ratio is None else f"{self.ratio:.0%}"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number of the platform. `count(at, scope)` runs the one query; `link` names the list of the rows it counts.

    `scope` is an `access.policy.Scope`: an indicator counts only what the reader may see. `link` is a URL name plus a
    query string the list understands, e.g. `("inventory:hosts", "agent=yes")`; `{at}` and `{month}` in it become the
    day and its month. The six lowest `order`s that a reader may see stand on his workbench.
    """

    key: str
    name: Words
    unit: Words
    definition: Words
    count: Callable[[date, Any], Figure]
    permission: str
    link: tuple[str, str] | None = None
    order: int = 100
