"""What one device should hold, and what it must be told to get there. Pure.

The wanted blocks are thinned to the outer ones, cut to the capacity, and compared with what the device was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from qingdun.operations.core.overlap import Extent, outermost

LONGEST_PAUSE = timedelta(seconds=60)


class State(StrEnum):
    """The values of Placement.State."""

    PENDING = "pending"
    PLACED = "placed"
    FAILED = "failed"
    LEAVING = "leaving"
    GONE = "gone"
    REFUSED = "refused"
    LEFT_OUT = "left_out"
    COVERED = "covered"
    DRY = "dry"


OFF_DEVICE = frozenset({State.GONE, State.LEFT_OUT, State.COVERED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One block as a device is told it. `danger`: what stays when there is no room for all."""

    extent: Extent
    decided: datetime
    danger: int = 0
    reason: str = ""

    @property
    def id(self) -> int:
        return self.extent.id

    @property
    def address(self) -> str:
        return self.extent.text


@dataclass(frozen=True, slots=True)
class Held:
    """What a device was told of one block so far."""

    entry: Entry
    state: str
    told_until: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one block on one device."""

    state: State
    words: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to tell the device. `whole` is all it should hold afterwards; `marks` need no telling."""

    whole: tuple[Entry, ...] = ()
    again: tuple[Entry, ...] = ()  # those of `add` that stand there with another end
    add: tuple[Entry, ...] = ()
    remove: tuple[Entry, ...] = ()
    marks: Mapping[int, Answer] = field(default_factory=dict)
    left_out: int = 0

    @property
    def is_idle(self) -> bool:
        return not self.add and not self.remove


def plan(
    wanted: Sequence[Entry],
    held: Iterable[Held],
    *,
    capacity: int,
    now: datetime,
    stopped: bool = False,
    forgets: bool = False,
) -> Plan:
    """Compare what should stand with what does. `stopped`: nothing new goes out. `forgets`: drops what is over."""
    known = {one.entry.id: one for one in held}
    by_id = {one.id: one for one in wanted}
    kept, covered = outermost([one.extent for one in wanted])
    order = sorted((by_id[one.id] for one in kept), key=lambda one: (-one.danger, -one.decided.timestamp(), one.id))
    chosen, left_out = order[:capacity], order[capacity:]
    marks = {
        **{inner: Answer(State.COVERED, f"已由 {outer.text} 覆盖") for inner, outer in covered.items()},
        **{one.id: Answer(State.LEFT_OUT, f"超出容量 {capacity}，未下发") for one in left_out},
    }
    add, again, whole = list[Entry](), list[Entry](), list[Entry]()
    for one in chosen:
        state = known[one.id].state if one.id in known else None
        in_place = state == State.PLACED and known[one.id].told_until == one.extent.until
        if state == State.REFUSED:
            continue
        if in_place or (stopped and state == State.PLACED):
            whole.append(one)
        elif stopped:
            marks[one.id] = Answer(State.PENDING, "急停中，暂不下发")
        else:
            whole.append(one)
            add.append(one)
            if state == State.PLACED:
                again.append(one)
    staying = {one.id for one in chosen}
    going, gone = _leaving([one for one in known.values() if one.entry.id not in staying], marks, now, forgets=forgets)
    return Plan(tuple(whole), tuple(again), tuple(add), tuple(going), {**gone, **marks}, len(left_out))


def _leaving(
    held: Iterable[Held], marks: Mapping[int, Answer], now: datetime, *, forgets: bool
) -> tuple[list[Entry], dict[int, Answer]]:
    """What must be taken off the device, and what is off it already."""
    going, gone = list[Entry](), dict[int, Answer]()
    for one in held:
        if one.state in OFF_DEVICE:
            continue
        never = one.state in (State.REFUSED, State.DRY) or (one.state == State.PENDING and not one.tries)
        over = forgets and one.told_until is not None and one.told_until <= now
        if never or over:
            gone[one.entry.id] = Answer(State.GONE, "期满由设备自动放行" if over else "")
        elif one.entry.id not in marks or one.state != State.PENDING:
            going.append(one.entry)
    return going, gone


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: a second, doubled, at most a minute."""
    return min(timedelta(seconds=1 << min(max(failures - 1, 0), 10)), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Drift:
    """What a reading found: ours that is missing, what should not stand there any more, entries of others."""

    missing: tuple[Entry, ...]
    extra: tuple[str, ...]
    foreign: int

    @property
    def count(self) -> int:
        return len(self.missing) + len(self.extra)

    def words(self) -> str:
        """At most 300 characters."""
        parts = []
        if self.missing:
            parts.append(f"缺 {len(self.missing)}：{'、'.join(one.address for one in self.missing[:5])}")
        if self.extra:
            parts.append(f"多 {len(self.extra)}：{'、'.join(self.extra[:5])}")
        return "；".join(parts)[:300]


def compare(standing: Iterable[str], placed: Sequence[Entry], ours_once: Iterable[str], *, exclusive: bool) -> Drift:
    """What stands on a device against what was placed there.

    `exclusive`: the list is ours alone. Otherwise only what we once placed (`ours_once`) is ours to remove.
    """
    there, wanted, once = set(standing), {one.address for one in placed}, set(ours_once)
    strange = there - wanted
    extra = strange if exclusive else strange & once
    missing = tuple(one for one in placed if one.address not in there)
    return Drift(missing, tuple(sorted(extra)), len(strange - extra))
