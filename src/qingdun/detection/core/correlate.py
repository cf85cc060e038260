"""关联: matches of single events → matches of correlations, event by event, with a state that outlives a restart.

The state is plain data (`State.dump`, `State.load`). It is bounded: beyond a number of groups and of entries the groups
that were quiet longest are forgotten, and it counts what it forgot and what came too late.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import orjson

from qingdun.detection.core.events import Event, first, texts
from qingdun.detection.core.predicates import moment
from qingdun.detection.core.program import Program
from qingdun.detection.core.rules import Correlation, Rule
from qingdun.detection.core.windows import Entry, Group

Key = tuple[int, tuple[str, ...]]  # the correlation, and the values of its group-by fields
GROUPS, ENTRIES = 200_000, 1_000_000
_VERSION = 1


class Foreign(ValueError):
    """A state that is none of ours, or broken."""


@dataclass
class State:
    """What correlations remember between batches."""

    groups: OrderedDict[Key, Group] = field(default_factory=OrderedDict)
    entries: int = 0
    time: float = 0.0  # of the last event that told one; an event that tells none is taken to be of that time
    late: int = 0  # came more than a timespan after the newest of their group
    forgotten: int = 0  # entries given up for lack of room

    def dump(self, program: Program) -> bytes:
        """As JSON."""
        digests = [_digest(correlation) for correlation in program.correlations]
        held = [
            [
                digests[number],
                list(key),
                [[one.time, one.rules, one.values] for one in group.entries],
            ]
            for (number, key), group in self.groups.items()
        ]
        told = {"time": self.time, "late": self.late, "forgotten": self.forgotten}
        return orjson.dumps({"version": _VERSION, "groups": held, **told})

    @classmethod
    def load(cls, text: bytes, program: Program) -> State:
        """The groups of correlations that are still the same; a changed one starts anew. Raises `Foreign`."""
        numbers = {_digest(correlation): number for number, correlation in enumerate(program.correlations)}
        try:
            held = orjson.loads(text)
            if held["version"] != _VERSION:
                raise Foreign("这份关联状态是别的版本写的")
            state = cls(time=float(held["time"]), late=int(held["late"]), forgotten=int(held["forgotten"]))
            for digest, key, entries in held["groups"]:
                if digest in numbers:
                    several = [Entry(float(time), tuple(rules), tuple(values)) for time, rules, values in entries]
                    group = Group(program.correlations[numbers[digest]], several)
                    state.groups[numbers[digest], tuple(key)] = group
                    state.entries += len(several)
        except (LookupError, TypeError, ValueError) as error:
            raise Foreign(f"这份关联状态读不出：{error}") from None
        return state


def _digest(correlation: Correlation) -> str:
    told = {
        name: value for name, value in asdict(correlation).items() if name not in ("file", "title", "level", "tags")
    }
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """What holds at an event; `group`: the group-by values of a correlation, none for a rule."""

    rule: Rule | Correlation
    group: tuple[str, ...] | None = None


class Correlator:
    """Follows matches to the correlations that refer to their rules, and on to those that refer to these.

    `keep` and `undo` bracket what may have to be taken back: a batch whose transaction did not stand.
    """

    def __init__(self, program: Program, state: State | None = None) -> None:
        self._program = program
        self.state = state or State()
        self._before: dict[Key, list[Entry] | None] | None = None  # groups as they were at the last `keep`
        self._scalars = self._said()
        self._places: list[dict[int, list[int]]] = []  # by correlation: node → places in its list of rules
        nodes: dict[str, int] = {}
        every: list[Rule | Correlation] = [*program.rules, *program.correlations]
        for number, one in enumerate(every):
            for name in (one.id, one.name):
                if name:
                    nodes.setdefault(name.lower(), number)
        silent: set[int] = set()
        spoken: set[int] = set()
        for correlation in program.correlations:
            places: dict[int, list[int]] = {}
            for place, name in enumerate(correlation.rules):
                places.setdefault(nodes[name.lower()], []).append(place)
            self._places.append(places)
            (spoken if correlation.generate else silent).update(places)
        self.silent = frozenset(silent - spoken)  # rules and, after them, correlations that are not told by themselves
        self.wanted = frozenset(node for places in self._places for node in places)
        self._names = _Names(program, self._places)
        self._chains: dict[tuple[int, ...], list[int]] = {}  # matched rules → correlations they may lead to

    def follow(self, event: Event, matched: Sequence[int]) -> list[Rule | Correlation]:
        """All that holds at this event and is to be told, rules first. `matched` are numbers of rules."""
        return [told.rule for told in self.trace(event, matched)]

    def trace(self, event: Event, matched: Sequence[int]) -> list[Told]:
        """The same with the groups for which correlations hold."""
        rules, correlations = self._program.rules, self._program.correlations
        told = [Told(rules[number]) for number in matched if number not in self.silent]
        if not self.wanted.isdisjoint(matched):
            time = self._time(event)
            fired = set(matched)
            for number in self._concerned(tuple(matched)):
                correlation, node = correlations[number], len(rules) + number
                if not fired.isdisjoint(self._places[number]) and (held := self._add(number, event, time, fired)):
                    fired.add(node)
                    if node not in self.silent:
                        told += [Told(correlation, group) for group in held]
        return told

    def _concerned(self, matched: tuple[int, ...]) -> list[int]:
        """The correlations that may hold where these rules matched, in order; those of those that may hold too."""
        if matched not in self._chains:
            reached, found = set(matched), []
            for number, places in enumerate(self._places):
                if not reached.isdisjoint(places):
                    found.append(number)
                    reached.add(len(self._program.rules) + number)
            self._chains[matched] = found
        return self._chains[matched]

    def asked(self, rule: int) -> frozenset[str]:
        """The fields of an event that correlations may look at where this rule, by number, matched."""
        names: set[str] = set()
        for number, correlation in enumerate(self._program.correlations):
            for node in self._places[number]:
                if rule in self._below(node):
                    for name in (*correlation.group_by, *correlation.fields):
                        names.update(self._names.columns(number, node, name))
        return frozenset(names)

    def _below(self, node: int) -> set[int]:
        """The rules a node stands for: itself, or those its correlation refers to."""
        if node < len(self._program.rules):
            return {node}
        return {rule for each in self._places[node - len(self._program.rules)] for rule in self._below(each)}

    def keep(self) -> None:
        """What was followed until now stands."""
        self._before = {}
        self._scalars = self._said()

    def undo(self) -> None:
        """Back to the last `keep`."""
        state = self.state
        for key, entries in (self._before or {}).items():
            if entries is None:
                state.groups.pop(key, None)
            else:
                state.groups[key] = Group(self._program.correlations[key[0]], entries)
        state.entries, state.time, state.late, state.forgotten = self._scalars
        self.keep()

    def _said(self) -> tuple[int, float, int, int]:
        return self.state.entries, self.state.time, self.state.late, self.state.forgotten

    def _time(self, event: Event) -> float:
        for name in self._program.times:
            there, value = first(event, (name,))
            found = moment(next(texts(value), "")) if there else None
            if found is not None:
                self.state.time = found.timestamp()
                break
        return self.state.time

    def _add(self, number: int, event: Event, time: float, fired: set[int]) -> list[tuple[str, ...]]:
        """Put the event into its groups; those in which the correlation holds."""
        correlation = self._program.correlations[number]
        groups: dict[tuple[str, ...], tuple[list[int], list[str]]] = {}
        for node, places in self._places[number].items():
            if node in fired and (key := self._names.key(number, node, event)) is not None:
                rules, values = groups.setdefault(key, ([], []))
                rules += places
                values += [value for value in self._names.values(number, node, event) if value not in values]
        return [
            key
            for key, (rules, values) in groups.items()
            if self._enter((number, key), Entry(time, tuple(sorted(rules)), tuple(values)), correlation)
        ]

    def _enter(self, key: Key, entry: Entry, correlation: Correlation) -> bool:
        state = self.state
        group = state.groups.get(key)
        if self._before is not None and key not in self._before:
            self._before[key] = None if group is None else list(group.entries)
        if group is None:
            group = state.groups[key] = Group(correlation)
        state.groups.move_to_end(key)
        if group.too_late(entry.time):
            state.late += 1
            return False
        before = len(group.entries)
        holds, forgotten = group.add(entry)
        state.forgotten += forgotten
        state.entries += len(group.entries) - before
        while len(state.groups) > 1 and (len(state.groups) > GROUPS or state.entries > ENTRIES):
            gone, oldest = state.groups.popitem(last=False)
            if self._before is not None:
                self._before.setdefault(gone, list(oldest.entries))
            state.entries -= len(oldest.entries)
            state.forgotten += len(oldest.entries)
        return holds


class _Names:
    """Where the fields a correlation names stand in the events of each of its rules."""

    def __init__(self, program: Program, places: Sequence[Mapping[int, list[int]]]) -> None:
        self._program, self._places = program, places
        self._routes: dict[int, list[int]] = {}
        for route, branches in enumerate(program.branches):
            for branch in branches:
                self._routes.setdefault(branch.rule, []).append(route)
        self._known: dict[tuple[int, int, str], tuple[str, ...]] = {}

    def key(self, number: int, node: int, event: Event) -> tuple[str, ...] | None:
        """The values of the group-by fields; None when one is lacking, for then they cannot all be the same."""
        found: list[str] = []
        for name in self._program.correlations[number].group_by:
            _there, value = first(event, self.columns(number, node, name))
            text = next(texts(value), None)
            if text is None:
                return None
            found.append(text)
        return tuple(found)

    def values(self, number: int, node: int, event: Event) -> list[str]:
        """What is counted or added up; of several fields the values together."""
        fields = self._program.correlations[number].fields
        each = [list(texts(first(event, self.columns(number, node, name))[1])) for name in fields]
        if len(each) == 1:
            return each[0]
        return [orjson.dumps(each).decode()] if each and all(each) else []

    def columns(self, number: int, node: int, name: str) -> tuple[str, ...]:
        """Where a field a correlation names stands in events of one of its nodes."""
        asked = (number, node, name)
        if asked not in self._known:
            self._known[asked] = self._look(*asked)
        return self._known[asked]

    def _look(self, number: int, node: int, name: str) -> tuple[str, ...]:
        rules = self._program.rules
        one = rules[node] if node < len(rules) else self._program.correlations[node - len(rules)]
        aliases = self._program.correlations[number].aliases.get(name, {})
        meant = next(
            (field for ref, field in aliases.items() if ref.lower() in (one.id.lower(), one.name.lower())), name
        )
        found: list[str] = []
        if node < len(rules):
            for route in self._routes.get(node, ()):
                found += self._program.routes[route].columns(meant) or ()
        else:
            inner = node - len(rules)
            for below in self._places[inner]:
                found += self.columns(inner, below, meant)
        return tuple(dict.fromkeys([*found, meant]))
