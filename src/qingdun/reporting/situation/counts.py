"""The counts of a situation: a fixed number of queries, however many attacks there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncHour

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.detection.models import Alert, Attack
from qingdun.detection.models.alerts import AlertQuerySet
from qingdun.detection.models.attacks import AttackQuerySet
from qingdun.operations.indicators import DONE
from qingdun.operations.models import Block
from qingdun.operations.models.blocks import BlockQuerySet
from qingdun.reporting.situation.period import Period

TOP = 10
SERIOUS = 4  # alerts from this level on
BLOCKED = Q(action="blocked")


@dataclass(frozen=True, slots=True)
class Step:
    """What happened within one hour or day."""

    at: datetime
    hits: int = 0  # as devices reported them
    attacks: int = 0  # de-duplicated
    intercepted: int = 0  # hits that were blocked
    sources: int = 0  # addresses that policies and people blocked


@dataclass(frozen=True, slots=True)
class Ranked:
    """One value of a field, with both counters."""

    key: Any
    hits: int
    attacks: int


@dataclass(frozen=True, slots=True)
class Totals:
    hits: int
    attacks: int
    intercepted: int
    portal: int
    blocked_sources: int | None  # None: the reader may not see the block list
    alerts: int
    serious: int


class Situation:
    """Counts for one reader, one period, and one unit with everything below it (None: all he may see)."""

    def __init__(self, user: Any, period: Period, unit: Unit | None = None) -> None:
        self.period, self.unit = period, unit
        below = Q(unit__path__startswith=unit.path) if unit else Q()
        self.attacks: AttackQuerySet = Attack.objects.visible_to(user).filter(below).between(period.start, period.end)
        begun = Q(first__gte=period.start, first__lt=period.end)
        self.alerts: AlertQuerySet = Alert.objects.visible_to(user).filter(below).filter(begun)
        self.sees_blocks = policy.may(user, "operations.view")
        self.blocks: BlockQuerySet = Block.objects.filter(
            state__in=DONE, decided__gte=period.start, decided__lt=period.end
        )

    def steps(self) -> list[Step]:
        """Every hour or day of the period, empty ones too."""
        found: dict[datetime, Counter[str]] = {}
        hours = self.attacks.order_by().values("hour").annotate(
            raw=Sum("hits"), rows=Count("pk"), stopped=Sum("hits", filter=BLOCKED)
        )  # fmt: skip
        for one in hours:
            step = found.setdefault(self.period.step_of(one["hour"]), Counter())
            step.update(raw=one["raw"], rows=one["rows"], stopped=one["stopped"] or 0)
        if self.sees_blocks:
            decided = self.blocks.order_by().annotate(hour=TruncHour("decided")).values("hour")
            for hour, rows in decided.annotate(rows=Count("pk")).values_list("hour", "rows"):
                found.setdefault(self.period.step_of(hour), Counter()).update(sources=rows)
        empty: Counter[str] = Counter()
        return [
            Step(at, step["raw"], step["rows"], step["stopped"], step["sources"])
            for at in self.period.moments()
            for step in [found.get(at, empty)]
        ]

    def totals(self, steps: Sequence[Step]) -> Totals:
        """Sums of the steps, and what they do not tell."""
        portal = self.attacks.filter(BLOCKED, system__is_portal=True).aggregate(hits=Sum("hits"))["hits"] or 0
        alerts = self.alerts.aggregate(rows=Count("pk"), serious=Count("pk", filter=Q(level__gte=SERIOUS)))
        sources = self.blocks.order_by().values("address").distinct().count() if self.sees_blocks else None
        return Totals(
            hits=sum(step.hits for step in steps),
            attacks=sum(step.attacks for step in steps),
            intercepted=sum(step.intercepted for step in steps),
            portal=portal,
            blocked_sources=sources,
            alerts=alerts["rows"],
            serious=alerts["serious"],
        )

    def ranked(self, field: str, most: int = TOP) -> list[Ranked]:
        """The values of a field with the most hits."""
        found = self.attacks.order_by().values(field).annotate(raw=Sum("hits"), rows=Count("pk"))
        return [Ranked(one[field], one["raw"], one["rows"]) for one in found.order_by("-raw", field)[:most]]

    def by_unit(self, most: int = TOP) -> list[Ranked]:
        """The units whose systems and devices were attacked most; `key` is the unit, None for those of nobody."""
        several = self.ranked("unit", most)
        units = Unit.objects.in_bulk([one.key for one in several if one.key is not None])
        return [Ranked(units.get(one.key), one.hits, one.attacks) for one in several]

    def newest(self, most: int = 8) -> list[Alert]:
        """The newest serious alerts of the period."""
        serious = self.alerts.filter(level__gte=SERIOUS)
        return list(serious.select_related("unit", "system", "host").order_by("-last", "-pk")[:most])
