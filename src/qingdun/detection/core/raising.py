"""From hits and followed events to what is raised as alerts and told to block policies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qingdun.detection.core.correlate import Correlator
from qingdun.detection.core.found import ENDS, Hit, Place, Step
from qingdun.detection.core.raised import Raised, grouped
from qingdun.detection.core.signals import Signal, Trace

UNSAID = 2  # the level of a rule that names none
EVIDENCE = 3  # traces of one signal


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a rule says when it fires."""

    title: str
    level: int
    attack: str = ""
    techniques: tuple[str, ...] = ()


@dataclass(slots=True)
class _Gathering:
    """A correlation that holds again and again for one group within one minute."""

    place: Place
    first: datetime
    last: datetime
    received: datetime
    hits: int = 0
    head: list[Trace] = field(default_factory=list)
    tail: list[Trace] = field(default_factory=list)

    def add(self, step: Step) -> None:
        at = step.trace[2]
        self.hits += 1
        self.first, self.last = min(self.first, at), max(self.last, at)
        self.received = min(self.received, step.received)
        (self.head if len(self.head) < ENDS else self.tail).append(step.trace)
        del self.tail[:-ENDS]


def fired(steps: Iterable[Step], correlator: Correlator, numbers: Mapping[str, int]) -> list[Hit]:
    """Follow these events in their order; the correlations that held, by group and minute. Unknown rules are none."""
    gathered: dict[tuple[str, tuple[str, ...], str, datetime], _Gathering] = {}
    for step in steps:
        known = [numbers[rule] for rule in step.rules if rule in numbers]
        for told in correlator.trace(step.event, known) if known else ():
            if told.group is None:
                continue
            at = step.trace[2]
            minute = at.replace(second=0, microsecond=0)
            key = (told.rule.id or told.rule.name or told.rule.title, told.group, step.place.source, minute)
            gathered.setdefault(key, _Gathering(step.place, at, at, step.received)).add(step)
    return [
        Hit(rule, one.place, one.hits, one.first, one.last, one.received, (*one.head, *one.tail), group)
        for (rule, group, _source, _minute), one in gathered.items()
    ]


def raised(hit: Hit, spoken: Mapping[str, Spoken], units: Mapping[int, int]) -> Raised:
    """`units`: device → the unit that answers for it, where nobody is registered for the target."""
    said = spoken.get(hit.rule) or Spoken(hit.rule, UNSAID)
    place = hit.place
    return Raised(
        rule=hit.rule,
        title=said.title,
        level=said.level,
        hits=hit.hits,
        first=hit.first,
        last=hit.last,
        grouped=grouped(hit.group or (place.source, place.target)),
        source=place.source,
        target=place.target,
        attack=said.attack or place.attack,
        techniques=said.techniques,
        host=place.host,
        system=place.system,
        unit=place.unit if place.unit is not None else units.get(place.device),
        evidence=hit.evidence,
        received=hit.received,
    )


def signal(hit: Hit, spoken: Mapping[str, Spoken]) -> Signal:
    """A rule that fired, as policies count it."""
    said = spoken.get(hit.rule) or Spoken(hit.rule, UNSAID)
    return Signal(
        source=hit.place.source,
        device=hit.place.device,
        attack=said.attack or hit.place.attack,
        action=hit.place.action,
        level=said.level,
        hits=hit.hits,
        first=hit.first,
        last=hit.last,
        target=hit.place.target,
        rule=hit.rule,
        evidence=hit.evidence[:EVIDENCE],
    )
