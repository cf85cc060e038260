"""One group's events within a timespan, and what a correlation measures of them.

A window holds `x - timespan <= time <= x`, both ends included, `x` being the time of an event. Events may come out of
order: each is put where it belongs, and every window it lies in is looked at again. One that comes more than a timespan
after the newest of its group is too late to count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from qingdun.detection.core.predicates import COMPARE, number
from qingdun.detection.core.rules import Correlation

LARGEST = 10_000  # entries of one group, unless the condition itself needs more
_WINDOWS = 256  # windows looked at again for one event that came out of order


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a group: when, which of the correlation's rules it matched, and the values counted."""

    time: float
    rules: tuple[int, ...]
    values: tuple[str, ...] = ()


class Measure(Protocol):
    """What is kept of the entries within a window."""

    def add(self, entry: Entry) -> None: ...

    def remove(self, entry: Entry) -> None: ...

    def holds(self, entry: Entry) -> bool:
        """With `entry` as the last of the window."""
        ...


@dataclass
class Group:
    """The entries of one group in order of time, and the measure of the newest window."""

    correlation: Correlation
    entries: list[Entry] = field(default_factory=list)
    begin: int = 0  # the first entry within the newest window
    measure: Measure = field(init=False)
    room: int = field(init=False)  # entries kept at most

    def __post_init__(self) -> None:
        self.measure = measure(self.correlation)
        needed = max((int(bound) + 2 for _operator, bound in self.correlation.bounds), default=0)
        self.room = max(LARGEST, needed)
        held, self.entries = self.entries, []
        for entry in held:
            self._append(entry)

    def add(self, entry: Entry) -> tuple[bool, int]:
        """(does the correlation hold now, how many entries had to be forgotten for lack of room)."""
        if self.entries and entry.time < self.entries[-1].time:
            holds = self._insert(entry)
        else:
            self._append(entry)
            holds = self.measure.holds(entry)
        return holds, self._trim()

    def too_late(self, time: float) -> bool:
        """More than a timespan behind the newest?"""
        return bool(self.entries) and time < self.entries[-1].time - self.correlation.seconds

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.measure.add(entry)
        oldest = entry.time - self.correlation.seconds
        while self.entries[self.begin].time < oldest:
            self.measure.remove(self.entries[self.begin])
            self.begin += 1

    def _insert(self, entry: Entry) -> bool:
        at = bisect_right(self.entries, entry.time, key=_time)
        self.entries.insert(at, entry)
        span = self.correlation.seconds
        until = bisect_right(self.entries, entry.time + span, key=_time)
        ends = range(at, until) if until - at <= _WINDOWS else range(until - _WINDOWS, until)
        held = any(self._window_holds(end) for end in ends)
        self.measure, self.begin, entries = measure(self.correlation), 0, self.entries
        self.entries = []
        for each in entries:
            self._append(each)
        return held

    def _window_holds(self, end: int) -> bool:
        last = self.entries[end]
        begin = bisect_left(self.entries, last.time - self.correlation.seconds, key=_time)
        once = measure(self.correlation)
        for each in self.entries[begin : end + 1]:
            once.add(each)
        return once.holds(last)

    def _trim(self) -> int:
        """Forget what no window can reach any more, and the oldest of too many."""
        oldest = self.entries[-1].time - 2 * self.correlation.seconds
        gone = bisect_left(self.entries, oldest, 0, self.begin, key=_time)
        over = max(0, len(self.entries) - gone - self.room)
        for each in self.entries[self.begin : gone + over]:
            self.measure.remove(each)
        if gone + over and (over or gone > len(self.entries) // 2):  # now and then, not for each event
            del self.entries[: gone + over]
            self.begin = max(0, self.begin - gone - over)
        return over


def _time(entry: Entry) -> float:
    return entry.time


def measure(correlation: Correlation) -> Measure:
    """A new, empty one."""
    within = _bounds(correlation.bounds)
    match correlation.kind:
        case "event_count":
            return _Events(within)
        case "value_count":
            return _Distinct(within)
        case "value_sum" | "value_avg":
            return _Total(within, mean=correlation.kind == "value_avg")
        case "value_percentile" | "value_median":
            return _Ranked(within, 50 if correlation.kind == "value_median" else correlation.percentile)
        case "temporal":
            return _Together(within, _expression(correlation))
        case "temporal_ordered":
            return _Ordered(within, _expression(correlation), len(correlation.rules))
    raise ValueError(f"没有关联类型 {correlation.kind}")


def _bounds(bounds: Iterable[tuple[str, float]]) -> Callable[[Any], bool]:
    held = [(COMPARE[operator], bound) for operator, bound in bounds]
    return lambda value: all(compare(value, bound) for compare, bound in held)


class _Events:
    def __init__(self, within: Callable[[Any], bool]) -> None:
        self._within, self._count = within, 0

    def add(self, _entry: Entry) -> None:
        self._count += 1

    def remove(self, _entry: Entry) -> None:
        self._count -= 1

    def holds(self, _entry: Entry) -> bool:
        return self._within(self._count)


class _Distinct:
    def __init__(self, within: Callable[[Any], bool]) -> None:
        self._within = within
        self._counts: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        self._counts.update(entry.values)

    def remove(self, entry: Entry) -> None:
        for value in entry.values:
            self._counts[value] -= 1
            if not self._counts[value]:
                del self._counts[value]

    def holds(self, _entry: Entry) -> bool:
        return self._within(len(self._counts))


class _Total:
    """Exact: fractions do not drift, so that what is added up again after a restart is the same."""

    def __init__(self, within: Callable[[Any], bool], mean: bool) -> None:
        self._within, self._mean = within, mean
        self._sum, self._count = Fraction(0), 0

    def add(self, entry: Entry) -> None:
        found = _numbers(entry)
        self._sum += sum(map(Fraction, found))
        self._count += len(found)

    def remove(self, entry: Entry) -> None:
        found = _numbers(entry)
        self._sum -= sum(map(Fraction, found))
        self._count -= len(found)

    def holds(self, _entry: Entry) -> bool:
        return self._count > 0 and self._within(self._sum / self._count if self._mean else self._sum)


class _Ranked:
    """The percentile between the two nearest ranks, linearly (as `percentile_cont` of SQL)."""

    def __init__(self, within: Callable[[Any], bool], percentile: float) -> None:
        self._within, self._percentile = within, Fraction(percentile)
        self._values: list[Fraction] = []

    def add(self, entry: Entry) -> None:
        for value in _numbers(entry):
            insort(self._values, Fraction(value))

    def remove(self, entry: Entry) -> None:
        for value in _numbers(entry):
            del self._values[bisect_left(self._values, Fraction(value))]

    def holds(self, _entry: Entry) -> bool:
        if not self._values:
            return False
        place = (len(self._values) - 1) * self._percentile / 100
        low = int(place)
        high = min(low + 1, len(self._values) - 1)
        return self._within(self._values[low] + (self._values[high] - self._values[low]) * (place - low))


def _numbers(entry: Entry) -> list[int | float]:
    return [found for value in entry.values if (found := number(value)) is not None]


class _Together:
    """Which of the rules matched within the window."""

    def __init__(self, within: Callable[[Any], bool], expression: Expression | None) -> None:
        self._within, self._expression = within, expression
        self._counts: Counter[int] = Counter()

    def add(self, entry: Entry) -> None:
        self._counts.update(entry.rules)

    def remove(self, entry: Entry) -> None:
        for rule in entry.rules:
            self._counts[rule] -= 1
            if not self._counts[rule]:
                del self._counts[rule]

    def holds(self, _entry: Entry) -> bool:
        seen = frozenset(self._counts)
        return self._expression(seen) if self._expression else self._within(len(seen))


class _Ordered(_Together):
    """The longest sequence of rules, in the order the correlation names them, that ends with the window's last event.

    `_starts[rule][n]` is the latest time at which a sequence of n + 1 rules that ends in this rule began.
    """

    def __init__(self, within: Callable[[Any], bool], expression: Expression | None, rules: int) -> None:
        super().__init__(within, expression)
        self._starts: list[list[float]] = [[] for _rule in range(rules)]
        self._oldest = float("-inf")
        self._ended: dict[int, list[float]] = {}

    def add(self, entry: Entry) -> None:
        super().add(entry)
        self._ended = {}
        for rule in sorted(entry.rules):  # one event may be two steps of the sequence
            before = [starts for earlier in self._starts[:rule] for starts in [earlier] if starts]
            longest = max(map(len, before), default=0)
            made = [entry.time]
            made += [max(starts[length] for starts in before if length < len(starts)) for length in range(longest)]
            self._ended[rule] = made
            old = self._starts[rule]
            self._starts[rule] = [max(new, held) for new, held in zip(made, old, strict=False)] + (
                made[len(old) :] or old[len(made) :]
            )

    def remove(self, entry: Entry) -> None:
        super().remove(entry)
        self._oldest = entry.time

    def holds(self, entry: Entry) -> bool:
        lengths = [
            length
            for starts in self._ended.values()
            for length, start in enumerate(starts, 1)
            if start > self._oldest or start == entry.time
        ]
        longest = max(lengths, default=0)
        if self._expression is None:
            return self._within(longest)
        return self._expression(frozenset(self._counts)) and longest == len(self._counts)


Expression = Callable[[frozenset[int]], bool]


def _expression(correlation: Correlation) -> Expression | None:
    if correlation.expr is None:
        return None
    places = {name: place for place, name in enumerate(correlation.rules)}
    return _tree(correlation.expr, places)


def _tree(expr: Sequence[Any], places: dict[str, int]) -> Expression:
    match expr:
        case ["and", list() as several]:
            each = [_tree(one, places) for one in several]
            return lambda seen: all(one(seen) for one in each)
        case ["or", list() as several]:
            each = [_tree(one, places) for one in several]
            return lambda seen: any(one(seen) for one in each)
        case ["not", list() as one]:
            inner = _tree(one, places)
            return lambda seen: not inner(seen)
        case ["r", str() as name]:
            place = places[name]
            return lambda seen: place in seen
    raise ValueError(f"没有这种条件：{expr!r}")
