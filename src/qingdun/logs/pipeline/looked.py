"""What the rooms see in a batch, in the reader process. Whatever goes wrong in a room, the lines are stored.

No Django here.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, cast

import polars as pl

from qingdun.lib.rooms import having
from qingdun.logs.core.columns import ENRICHED, EVENT
from qingdun.logs.pipeline.watch import Looking, Material

_POISON = 8  # rows that a room cannot look at, at most, before it is blind to the batch
_FAULTS = (Exception, pl.exceptions.PanicException)


@dataclass(slots=True)
class Seen:
    """The events with all that was added to them. `found`: room → pickled; `blind`: room → why it could not look."""

    events: pl.DataFrame
    found: dict[str, bytes] = field(default_factory=dict)
    urgent: bool = False
    blind: dict[str, str] = field(default_factory=dict)


def look(events: pl.DataFrame, materials: Mapping[str, Material]) -> Seen:
    """Let every room look in turn. One that fails leaves the events as they were and finds nothing."""
    seen = Seen(events)
    looking, broken = _rooms()
    seen.blind.update(broken)
    for room, module in looking:
        try:
            _look(seen, room, module, materials.get(room, {}))
        except _FAULTS as error:
            seen.blind[room] = _words(error)
    return seen


def again(events: pl.DataFrame, materials: Mapping[str, Material]) -> Seen:
    """Look at events that come back from the lake as if nobody had looked yet."""
    return look(events.with_columns(pl.lit(None, EVENT[name]).alias(name) for name in ENRICHED), materials)


def _look(seen: Seen, room: str, module: Looking, material: Material) -> None:
    try:
        _add(seen, room, module, material, seen.events)
    except _FAULTS as error:
        bad = _unbearable(seen.events, module, material)
        if len(bad) == seen.events.height:
            raise
        rest = pl.int_range(seen.events.height, dtype=pl.Int64, eager=True).is_in(bad).not_()
        whole = seen.events
        _add(seen, room, module, material, whole.filter(rest))
        seen.events = _in_place(seen.events, whole, rest)
        seen.blind[room] = f"{_words(error)}；跳过 {len(bad)} 行"


def _add(seen: Seen, room: str, module: Looking, material: Material, events: pl.DataFrame) -> None:
    sight = module.look(events, material)
    if sight.events.height != events.height:
        raise ValueError(f"{room} 看过之后行数变了：{events.height} → {sight.events.height}")
    added = sight.events.select(*EVENT).cast(EVENT)  # type: ignore[arg-type]
    seen.found[room] = pickle.dumps(sight.found, pickle.HIGHEST_PROTOCOL)
    seen.events, seen.urgent = added, seen.urgent or sight.urgent


def _unbearable(events: pl.DataFrame, module: Looking, material: Material) -> list[int]:
    """The numbers of the rows that a room fails on, by halving; all of them when there are more than a few."""
    bad: list[int] = []
    waiting = [(0, events.height)]
    while waiting and len(bad) <= _POISON:
        first, end = waiting.pop()
        try:
            module.look(events[first:end], material)
        except _FAULTS:
            if end - first == 1:
                bad.append(first)
            else:
                middle = (first + end) // 2
                waiting += [(first, middle), (middle, end)]
    return bad if len(bad) <= _POISON else list(range(events.height))


def _in_place(looked: pl.DataFrame, whole: pl.DataFrame, rest: pl.Series) -> pl.DataFrame:
    """`looked`, and the rows nobody could look at where they were."""
    number = pl.int_range(whole.height, dtype=pl.Int64, eager=True)
    both = pl.concat([looked, whole.filter(~rest)])
    order = pl.concat([number.filter(rest), number.filter(~rest)])
    return both[order.arg_sort()]


@cache
def _rooms() -> tuple[list[tuple[str, Looking]], dict[str, str]]:
    """Who looks, in order; and who cannot be loaded, with why."""
    broken: dict[str, str] = {}
    loaded: list[tuple[str, ModuleType]] = []
    for room in having("looking"):
        try:
            loaded.append((room, import_module(f"qingdun.{room}.looking")))
        except Exception as error:  # whatever a room breaks on, lines are stored
            broken[room] = _words(error)
    loaded.sort(key=lambda pair: int(pair[1].ORDER))
    return [(room, cast(Looking, module)) for room, module in loaded], broken


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def unpacked(found: bytes | None) -> Any:
    """What a room found, as its `look` said it; None when it could not look."""
    return None if found is None else pickle.loads(found)  # noqa: S301 - written by our own reader
