"""封禁策略: signals in, decisions out. Pure: event time only, no clock, no rows.

A policy counts the hits of one source that meet its conditions, minute by minute. When a window of `minutes` holds
enough hits, seen by enough devices, the source is decided on, for a term that doubles with each repeat up to 30 days
(block_interfaces.yaml, guards). While a decision stands there is none for the same source, except that a policy that
blocks overtakes one that proposes. Signals are taken one by one in the order they come, so that it makes no difference
how they were cut into batches; one that comes late is put into its minute, and every window it lies in is looked at.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import orjson

from qingdun.detection.core.signals import Signal, Trace

LONGEST = 30 * 24 * 60  # minutes
MODES = ("off", "dry", "propose", "block")
SOURCES, MINUTES = 200_000, 2_000_000  # remembered at most
TRACES = 20  # of one minute of one source
_VERSION = 1
_FORGIVEN = timedelta(days=30)  # after the end of a decision: the next offence is a first one again


@dataclass(frozen=True, slots=True)
class Policy:
    """封禁策略, as its file says. Empty sets and an empty `said` ask for nothing."""

    key: str
    name: str
    english: str
    note: str
    note_en: str
    mode: str  # what it does where nobody chose otherwise
    attacks: frozenset[str]
    actions: frozenset[str]
    rules: frozenset[str]
    said: str  # "device": by devices and our own recognition; "rule": by a rule
    level: int
    hits: int
    devices: int
    minutes: int
    term: int  # minutes of a first block
    direction: str = "inbound"

    def takes(self, signal: Signal) -> bool:
        """Does the signal count for this policy?"""
        return (
            signal.level >= self.level
            and (not self.attacks or signal.attack in self.attacks)
            and (not self.actions or signal.action in self.actions)
            and (not self.rules or signal.rule in self.rules)
            and (not self.said or self.said == ("rule" if signal.rule else "device"))
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """决定: block or propose one source. Times are those of the events."""

    policy: str
    mode: str
    source: str
    at: datetime
    minutes: int  # the term, doubled for repeats
    reason: str
    reason_en: str
    attack: str
    hits: int
    devices: int
    first: datetime
    last: datetime
    evidence: tuple[Trace, ...]
    offence: int = 1
    direction: str = "inbound"
    rules: tuple[str, ...] = ()  # ids of the rules that spoke, the loudest first

    @property
    def address(self) -> str:
        return self.source

    @property
    def until(self) -> datetime:
        return self.at + timedelta(minutes=self.minutes)


@dataclass(slots=True)
class _Minute:
    hits: int
    first: datetime
    last: datetime
    devices: set[int]
    attacks: dict[str, int]
    rules: dict[str, int]
    evidence: list[Trace]

    def add(self, signal: Signal) -> None:
        self.hits += signal.hits
        self.first, self.last = min(self.first, signal.first), max(self.last, signal.last)
        self.devices.add(signal.device)
        self.attacks[signal.attack] = self.attacks.get(signal.attack, 0) + signal.hits
        if signal.rule:
            self.rules[signal.rule] = self.rules.get(signal.rule, 0) + signal.hits
        self.evidence += signal.evidence[: TRACES - len(self.evidence)]


@dataclass(slots=True)
class _Standing:
    until: datetime
    rank: int
    offence: int


_Key = tuple[str, str]  # policy, source


class Policies:
    """All policies at work, and what they remember. `dump` and `load` carry that over a restart."""

    def __init__(self, policies: Iterable[Policy], modes: Mapping[str, str] | None = None) -> None:
        """`modes`: what an installation chose, by policy. Those that are off count nothing."""
        known = {one.key: one for one in policies}
        self._modes = {key: (modes or {}).get(key, one.mode) for key, one in known.items()}
        self._policies = {key: one for key, one in known.items() if self._modes[key] != "off"}
        self._counts: OrderedDict[_Key, dict[int, _Minute]] = OrderedDict()
        self._standing: OrderedDict[str, _Standing] = OrderedDict()
        self._held = 0  # minutes in all counts
        self.late = 0  # signals that came too late for any window
        self.forgotten = 0  # counts given up for lack of room

    def feed(self, signals: Sequence[Signal]) -> list[Decision]:
        """The decisions these signals lead to, in their order."""
        made: list[Decision] = []
        for signal in signals:
            if not _is_address(signal.source):
                continue
            for policy in self._policies.values():
                if policy.takes(signal) and (decision := self._count(policy, signal)):
                    made.append(decision)
        return made

    def _count(self, policy: Policy, signal: Signal) -> Decision | None:
        key = (policy.key, signal.source)
        minutes = self._counts.setdefault(key, {})
        self._counts.move_to_end(key)
        at = int(signal.last.timestamp() // 60)
        newest = max(minutes, default=at)
        if at <= newest - 2 * policy.minutes:
            self.late += 1
            return None
        self._put(minutes, at, signal)
        for old in [one for one in minutes if one <= max(newest, at) - 2 * policy.minutes]:
            del minutes[old]
            self._held -= 1
        self._make_room()
        decision = self._look(policy, minutes, at, signal)
        if decision:
            self._held -= len(minutes)
            del self._counts[key]
        return decision

    def _put(self, minutes: dict[int, _Minute], at: int, signal: Signal) -> None:
        if at not in minutes:
            minutes[at] = _Minute(0, signal.first, signal.last, set(), {}, {}, [])
            self._held += 1
        minutes[at].add(signal)

    def _make_room(self) -> None:
        while len(self._counts) > 1 and (len(self._counts) > SOURCES or self._held > MINUTES):
            _key, gone = self._counts.popitem(last=False)
            self._held -= len(gone)
            self.forgotten += 1
        while len(self._standing) > SOURCES:
            self._standing.popitem(last=False)

    def _look(self, policy: Policy, minutes: dict[int, _Minute], at: int, signal: Signal) -> Decision | None:
        """The first window the minute lies in that holds enough, if no decision stands at that time."""
        for end in sorted(one for one in minutes if at <= one < at + policy.minutes):
            within = [held for one, held in sorted(minutes.items()) if end - policy.minutes < one <= end]
            devices = set().union(*(one.devices for one in within))
            if sum(one.hits for one in within) >= policy.hits and len(devices) >= policy.devices:
                return self._decide(policy, signal.source, within, len(devices))
        return None

    def _decide(self, policy: Policy, source: str, within: list[_Minute], devices: int) -> Decision | None:
        at = max(one.last for one in within)
        rank = MODES.index(self._modes[policy.key])
        before = self._standing.get(source)
        if before and at < before.until and rank <= before.rank:
            return None
        repeat = before is not None and before.until <= at < before.until + _FORGIVEN
        offence = before.offence + repeat if before and at < before.until + _FORGIVEN else 1
        term = min(LONGEST, policy.term << min(offence - 1, 16))
        until = at + timedelta(minutes=term)
        self._standing[source] = _Standing(max(until, before.until) if before else until, rank, offence)
        self._standing.move_to_end(source)
        return _decision(policy, self._modes[policy.key], source, at, term, offence, within, devices)

    def dump(self) -> bytes:
        """Everything remembered, as JSON."""
        counts = [[*key, [[at, *_plain(one)] for at, one in minutes.items()]] for key, minutes in self._counts.items()]
        standing = [[source, one.until, one.rank, one.offence] for source, one in self._standing.items()]
        return orjson.dumps({"version": _VERSION, "counts": counts, "standing": standing})

    def load(self, held: bytes | None) -> None:
        """What `dump` gave; nothing, another version or a broken text leaves the memory empty."""
        try:
            told: Any = orjson.loads(held) if held else {}
            counts, standing = _read(told) if told.get("version") == _VERSION else ({}, {})
        except (ValueError, TypeError, KeyError, AttributeError):
            counts, standing = {}, {}
        self._counts = OrderedDict((key, one) for key, one in counts.items() if key[0] in self._policies)
        self._standing = OrderedDict(standing)
        self._held = sum(map(len, self._counts.values()))


def _decision(
    policy: Policy,
    mode: str,
    source: str,
    at: datetime,
    term: int,
    offence: int,
    within: list[_Minute],
    devices: int,
) -> Decision:
    hits = sum(one.hits for one in within)
    attacks, rules = (_most(one.attacks for one in within), _most(one.rules for one in within))
    return Decision(
        policy=policy.key,
        mode=mode,
        source=source,
        at=at,
        minutes=term,
        reason=f"{policy.name}：{policy.minutes} 分钟内 {devices} 台设备报告 {hits} 次",
        reason_en=f"{policy.english}: {hits} hits on {devices} devices within {policy.minutes} minutes",
        attack=next((one for one in attacks if one), ""),
        hits=hits,
        devices=devices,
        first=min(one.first for one in within),
        last=at,
        evidence=tuple(trace for one in within for trace in one.evidence)[-TRACES:],
        offence=offence,
        direction=policy.direction,
        rules=tuple(rules),
    )


def _most(several: Iterable[Mapping[str, int]]) -> list[str]:
    """What was counted most often first."""
    counts: Counter[str] = Counter()
    for one in several:
        counts.update(one)
    return sorted(counts, key=lambda one: (-counts[one], one))


def _plain(one: _Minute) -> list[Any]:
    return [one.hits, one.first, one.last, sorted(one.devices), one.attacks, one.rules, one.evidence]


def _read(told: Any) -> tuple[dict[_Key, dict[int, _Minute]], dict[str, _Standing]]:
    counts = {
        (policy, source): {
            at: _Minute(
                hits, _time(first), _time(last), set(devices), attacks, rules, [(b, r, _time(t)) for b, r, t in traces]
            )
            for at, hits, first, last, devices, attacks, rules, traces in minutes
        }
        for policy, source, minutes in told["counts"]
    }
    standing = {source: _Standing(_time(until), rank, offence) for source, until, rank, offence in told["standing"]}
    return counts, standing


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
