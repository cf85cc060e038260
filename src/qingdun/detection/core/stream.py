"""Batches of events in, matches out: the engine, then the correlations, with events numbered through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from qingdun.detection.core.correlate import Correlator, State
from qingdun.detection.core.engine import Engine
from qingdun.detection.core.events import Event
from qingdun.detection.core.program import Program
from qingdun.detection.core.rules import Correlation, Rule


@dataclass(frozen=True, slots=True)
class Found:
    """命中: a rule or a correlation, and the number of the event at which it held."""

    event: int
    rule: Rule | Correlation


class Stream:
    """One course of events through one program. `dump` and `state` carry correlations over a restart."""

    def __init__(self, program: Program, stopwatch: Callable[[], float], state: bytes | None = None) -> None:
        self.program = program
        self.events = 0
        self.engine = Engine(program, stopwatch)
        self.correlator = Correlator(program, State.load(state, program) if state is not None else None)

    def feed(self, events: Sequence[Event], raw: Sequence[bytes | None] = ()) -> list[Found]:
        """In order of events, then of rules. `events` and `raw` as for `Engine.match`."""
        matches = self.engine.match(events, raw)
        begin, self.events = self.events, self.events + len(events)
        if not self.program.correlations:
            return [Found(begin + match.event, self.program.rules[match.rule]) for match in matches]
        return [
            Found(begin + row, rule)
            for row, several in groupby(matches, attrgetter("event"))
            for rule in self.correlator.follow(events[row], [match.rule for match in several])
        ]

    def dump(self) -> bytes:
        """What a stream that goes on after this one must be given."""
        return self.correlator.state.dump(self.program)

    def resting(self) -> dict[int, float]:
        """Rules in quarantine and the seconds that sent them there."""
        return self.engine.ledger.resting

    def slowest(self, count: int) -> list[dict[str, object]]:
        """The rules that took the most time."""
        seconds = self.engine.ledger.seconds
        most = sorted(range(len(seconds)), key=lambda number: -seconds[number])[:count]
        rules = self.program.rules
        return [
            {"rule_id": rules[number].id, "title": rules[number].title, "seconds": round(seconds[number], 6)}
            for number in most
        ]
