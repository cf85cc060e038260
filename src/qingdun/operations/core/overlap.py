"""What becomes of a block that shares addresses with others. Pure.

Contained in one that lasts as long: no second. Containing narrower ones that last no longer: they are taken over.
Otherwise both are kept and devices are given the outer one; the inner one goes to them when the outer one ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

BOTH = "both"


@dataclass(frozen=True, slots=True)
class Extent:
    """What a block covers: its addresses by key, its direction, its end (None: until somebody lifts it)."""

    id: int
    text: str
    first: str
    last: str
    direction: str
    until: datetime | None

    def covers(self, other: Extent) -> bool:
        """Every address of the other, in every direction of the other."""
        return self.first <= other.first and other.last <= self.last and self.direction in (other.direction, BOTH)

    def outlasts(self, other: Extent) -> bool:
        """Lasts at least as long as the other."""
        return self.until is None or (other.until is not None and self.until >= other.until)


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the new one meets: one that makes it needless, and those it makes needless."""

    covered_by: Extent | None = None
    takes_over: tuple[Extent, ...] = ()


def meet(new: Extent, standing: Iterable[Extent]) -> Overlap:
    """How a block that is about to stand fits those that do."""
    others = [one for one in standing if one.id != new.id]
    for one in others:
        if one.covers(new) and one.outlasts(new):
            return Overlap(covered_by=one)
    return Overlap(takes_over=tuple(one for one in others if new.covers(one) and new.outlasts(one)))


def outermost(blocks: Sequence[Extent]) -> tuple[list[Extent], dict[int, Extent]]:
    """Those that devices are given, and for each of the others the one that covers it.

    Networks nest or are disjoint, so walking them by their beginning, the widest first, needs one stack.
    """
    order = sorted(blocks, key=lambda one: (one.first, -int(one.last, 16), one.direction != BOTH, one.id))
    kept: list[Extent] = []
    covered: dict[int, Extent] = {}
    stack: list[Extent] = []
    for one in order:
        while stack and stack[-1].last < one.first:
            stack.pop()
        outer = next((above for above in stack if above.covers(one)), None)
        if outer is None:
            kept.append(one)
            stack.append(one)
        else:
            covered[one.id] = outer
    return kept, covered
