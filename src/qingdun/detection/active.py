"""The rules at work: own and city rules, without those switched off, with the suppressions that hold; built once for
each state of their files. Used by readers and by the committer; no Django here.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from qingdun.detection import book
from qingdun.detection.core import load, sigma
from qingdun.detection.core.correlate import Correlator
from qingdun.detection.core.engine import Engine
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.raising import Spoken
from qingdun.detection.core.rules import Correlation, Document, Rule
from qingdun.lib.faults import BrokenContent
from qingdun.lib.home import content

log = logging.getLogger(__name__)
GLANCE = 1.0  # seconds between two looks at the files
Marks = tuple[Any, ...]


@dataclass(frozen=True)
class Active:
    """在用规则: what is tested, and what of it correlations need."""

    program: Program
    muted: frozenset[int] = frozenset()  # rules that are switched off and run only for correlations that need them
    fault: str = ""  # why the files as they are now could not be used
    quarantined: Mapping[str, float] = field(default_factory=dict)  # rules that rest from the start
    _spent: list[float] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)  # at rest, and said so

    @cached_property
    def engine(self) -> Engine:
        engine = Engine(self.program, time.perf_counter)
        at_rest = {n: self.quarantined[name] for name, n in self.numbers.items() if name in self.quarantined}
        engine.ledger.resting.update(at_rest)
        self._known.update(at_rest)
        return engine

    @cached_property
    def spoken(self) -> Mapping[str, Spoken]:
        """What is said of each rule and correlation that fires, by its id."""
        return {
            entry.id: Spoken(entry.title, entry.level, entry.attack, entry.techniques)
            for entry in book.book().values()
            if entry.kind != "filter"
        }

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each rule by its id."""
        return {book.key(rule): number for number, rule in enumerate(self.program.rules)}

    @cached_property
    def followed(self) -> Mapping[int, frozenset[str]]:
        """The rules that correlations refer to, with the fields they ask of the events."""
        correlator = Correlator(self.program)
        wanted = [number for number in range(len(self.program.rules)) if number in correlator.wanted]
        inner = set(wanted) | {number for number in range(len(self.program.rules)) if correlator.asked(number)}
        return {number: correlator.asked(number) for number in sorted(inner)}

    @cached_property
    def silent(self) -> frozenset[int]:
        """The rules that are told by their correlations only, or not at all."""
        silent = Correlator(self.program).silent
        return frozenset(number for number in range(len(self.program.rules)) if number in silent) | self.muted

    def spent(self) -> dict[str, float]:
        """Rule → seconds it took since this was asked last, those that took any."""
        now = list(self.engine.ledger.seconds)
        before = self._spent or [0.0] * len(now)
        self._spent[:] = now
        rules = self.program.rules
        pairs = enumerate(zip(now, before, strict=True))
        return {book.key(rules[number]): new - old for number, (new, old) in pairs if new > old}

    def rested(self) -> dict[str, float]:
        """The rules that went into quarantine since this was asked last, and the seconds that sent them there."""
        fresh = {n: seconds for n, seconds in self.engine.ledger.resting.items() if n not in self._known}
        self._known.update(fresh)
        return {book.key(self.program.rules[n]): seconds for n, seconds in fresh.items()}


class _Held:
    """The last that was built, and when its files were looked at."""

    marks: Marks | None = None
    active: Active | None = None
    looked = float("-inf")
    material: tuple[Path, ...] = ()


def active(material: Mapping[str, Path]) -> Active:
    """As the files and the material are now. What cannot be used leaves the rules before in force, and says why."""
    named = tuple(sorted(material[name] for name in ("switches", "suppressions") if name in material))
    if _Held.active is not None and named == _Held.material and time.monotonic() - _Held.looked < GLANCE:
        return _Held.active
    _Held.looked, _Held.material = time.monotonic(), named
    marks = (named, book.documents(), tuple(_marks(content() / "detection" / "pipelines")))
    if marks != _Held.marks or _Held.active is None:
        _Held.marks, _Held.active = marks, _built(material)
    return _Held.active


def _marks(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Which rule files there are and when they last changed."""
    for inside, _folders, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(load.SUFFIXES):
                found = Path(inside, name).stat()
                yield f"{inside}/{name}", found.st_mtime_ns, found.st_size


def _built(material: Mapping[str, Path]) -> Active:
    try:
        switches = _told(material, "switches")
        off = frozenset(str(rule).lower() for rule in switches.get("off", ()))
        documents = [*book.documents().documents, *_suppressions(material)]
        kept, muted = without(documents, off)
        program = link(kept, pipelines())
    except (BrokenContent, OSError, ValueError) as error:
        log.error("检测规则不能更新：%s", error)
        if _Held.active is not None:
            return replace(_Held.active, fault=str(error))
        return Active(Program(), fault=str(error))
    named = {book.key(rule) for rule in muted}
    numbers = frozenset(n for n, rule in enumerate(program.rules) if book.key(rule) in named)
    return Active(program, numbers, quarantined=switches.get("resting", {}))


def without(documents: list[Document], off: frozenset[str]) -> tuple[list[Document], list[Rule]]:
    """Documents without those switched off (by id, in lower case), and those that stay for a correlation's sake."""
    ours = [each for each in documents if not (isinstance(each, Correlation) and _is_off(each, off))]
    needed = {name.lower() for each in ours if isinstance(each, Correlation) for name in each.rules}
    muted = [
        each for each in ours if isinstance(each, Rule) and _is_off(each, off) and not needed.isdisjoint(_names(each))
    ]
    gone = [each for each in ours if isinstance(each, Rule) and _is_off(each, off) and each not in muted]
    return [each for each in ours if each not in gone], muted


def _is_off(one: Rule | Correlation, off: frozenset[str]) -> bool:
    return book.key(one).lower() in off


def _names(rule: Rule) -> set[str]:
    return {name.lower() for name in (rule.id, rule.name) if name}


def _told(material: Mapping[str, Path], name: str) -> dict[str, Any]:
    path = material.get(name)
    told: dict[str, Any] = orjson.loads(path.read_bytes()) if path else {}
    return told


def _suppressions(material: Mapping[str, Path]) -> list[Document]:
    """Filters that operators keep; each was checked before it was saved, one that is broken now is left out."""
    found: list[Document] = []
    for text in _told(material, "suppressions").get("texts", ()):
        try:
            found += sigma.documents(sigma.yaml_documents(text.encode()), "suppression")
        except sigma.Wrong as error:
            log.error("一条抑制不能用：%s", error)
    return found
