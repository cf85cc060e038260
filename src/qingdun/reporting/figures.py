"""Every indicator of every room, and what each gives for one day and one reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from types import MappingProxyType

from django.urls import reverse

from qingdun.access.policy import Scope
from qingdun.lib.indicator import Figure, Indicator
from qingdun.lib.rooms import modules

#: The days figures can be asked for; beyond them calendars end before months and time zones do.
FIRST, LAST = date(1990, 1, 1), date(2199, 12, 31)


def day(text: str) -> date:
    """The day written so. Raises ValueError for what is none, or none that can be asked for."""
    found = date.fromisoformat(text)
    if not FIRST <= found <= LAST:
        raise ValueError(text)
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """One indicator read for one day: the definition, the figure, and whether the reader may open its rows."""

    indicator: Indicator
    figure: Figure
    at: date
    opens: bool = True

    @property
    def url(self) -> str:
        """The list of the counted rows, empty when the figure has none or the reader may not open it."""
        if self.indicator.link is None or not self.opens:
            return ""
        name, query = self.indicator.link
        return reverse(name) + (f"?{query.format(at=self.at.isoformat(), month=f'{self.at:%Y-%m}')}" if query else "")

    @property
    def parts(self) -> str:
        """Numerator and denominator of a ratio, as printed everywhere."""
        return f"{self.figure.value:,} / {self.figure.denominator:,}"

    def as_json(self) -> dict[str, object]:
        """The keys of `qingdun figures` (DESIGN §7)."""
        return {
            "key": self.indicator.key,
            "name": str(self.indicator.name),
            "value": self.figure.value,
            "numerator": self.figure.value if self.figure.is_ratio else None,
            "denominator": self.figure.denominator,
            "shown": str(self.figure),
            "unit": str(self.indicator.unit),
            "definition": str(self.indicator.definition),
            "at": self.at.isoformat(),
            "link": self.url,
        }


@cache
def indicators() -> Mapping[str, Indicator]:
    """All indicators by key, in their order. Raises LookupError when two rooms define one key."""
    found: dict[str, Indicator] = {}
    for indicator in sorted(_declared(), key=lambda one: (one.order, one.key)):
        if indicator.key in found:
            raise LookupError(f"指标 {indicator.key} 定义了两次")
        found[indicator.key] = indicator
    return MappingProxyType(found)


def _declared() -> Iterator[Indicator]:
    for module in modules("indicators"):
        yield from module.INDICATORS


def read(scopes: Mapping[str, Scope], at: date, limit: int | None = None) -> list[Reading]:
    """The first `limit` figures a reader may see: `scopes` maps a permission to where the reader holds it."""
    open_to = ((indicator, scopes.get(indicator.permission)) for indicator in indicators().values())
    seen = islice(((indicator, scope) for indicator, scope in open_to if scope), limit)
    return [
        Reading(one, one.count(at, scope), at, opens=bool(scopes.get(one.rows or one.permission)))
        for one, scope in seen
    ]


def permissions() -> set[str]:
    """The permissions that any indicator, or the list of its rows, asks for."""
    asked = ((one.permission, one.rows) for one in indicators().values())
    return {permission for pair in asked for permission in pair if permission}
