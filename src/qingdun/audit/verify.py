"""Does the chain hold? Walks every entry, both digests, the head, the signed checkpoints and the database's guards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from qingdun import audit
from qingdun.audit import checkpoints, guards, keys
from qingdun.audit.core.chain import START, Break, Link, Wrong, follow
from qingdun.audit.core.checkpoints import Checkpoint as Signed
from qingdun.audit.core.checkpoints import Fault, Flaw, compare, meet
from qingdun.audit.core.checkpoints import follow as follow_series
from qingdun.audit.models import CONTENT, Checkpoint, Entry, Head, Verification, sealed
from qingdun.audit.worded import worded

logger = logging.getLogger("qingdun.audit")

BATCH = 2_000

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the last link that holds, and everything that is wrong, nothing when the chain is whole."""

    last: Link
    breaks: tuple[Break, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    unguarded: tuple[str, ...] = ()
    read: int = 0  # checkpoints
    met: int = 0
    newest: datetime | None = None  # when the last checkpoint that holds was signed

    @property
    def whole(self) -> bool:
        return not (self.breaks or self.flaws or self.unguarded)

    @property
    def broken(self) -> Break | None:
        """The first entry, or stretch of entries, that does not hold."""
        return self.breaks[0] if self.breaks else None

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, in the reader's language, the entries first."""
        found = [*map(worded, self.breaks), *map(worded, self.flaws)]
        return found + ([worded(self.unguarded)] if self.unguarded else [])

    @property
    def problem(self) -> str | None:
        return next(iter(self.problems), None)

    def as_json(self) -> dict[str, object]:
        """The keys of `qingdun audit verify`."""
        return {
            "whole": self.whole,
            "entries": self.last.sequence,
            "sha256": self.last.sha256,
            "sm3": self.last.sm3,
            "first_bad": self.broken.sequence if self.broken else None,
            "problem": self.problem,
            "problems": self.problems,
            "checkpoints": {
                "read": self.read,
                "met": self.met,
                "newest": self.newest.isoformat() if self.newest else None,
            },
            "unguarded": list(self.unguarded),
        }


@dataclass(frozen=True, slots=True)
class Series:
    """The checkpoints of one folder: those that hold, and what is wrong with the folder."""

    texts: Mapping[int, bytes] = field(default_factory=dict)
    held: list[Signed] = field(default_factory=list)
    flaws: tuple[Flaw, ...] = ()


def verify(series: Series | None = None, *, since: Signed | None = None, progress: Progress | None = None) -> Verdict:
    """Walk the chain while others may go on appending: the head is read first, and again until nothing is left.

    `series`: as `read_series` gives it, this installation's own when not given. `since`: begin after this checkpoint.
    """
    series = series or read_series()
    last, broken = _walk(since.link if since else START, progress or (lambda done, total: None))
    known = [one for one in series.held if not (broken and one.link.sequence > last.sequence)]
    met, unmet = meet(known, _links(one.link.sequence for one in known), last)
    if broken and unmet and broken.sequence <= unmet.until:
        unmet = None  # the chain itself says it more exactly
    return Verdict(
        last,
        breaks=tuple(one for one in (unmet, broken) if one),
        flaws=series.flaws,
        unguarded=tuple(guards.wrong_ones(connection)),
        read=len(series.texts),
        met=met,
        newest=series.held[-1].at if series.held else None,
    )


def read_series(place: Path | None = None, trusted: Iterable[str] | None = None) -> Series:
    """The checkpoints of a folder and what is wrong with them. Raises OSError for a given folder that cannot be read.

    Without `place` the installation's own, which must have every checkpoint that the database has a copy of; a copy
    taken elsewhere may lag behind. `trusted`: public keys (hex), the installation's own when not given.
    """
    copies = {kept.number: kept.signed.text for kept in Checkpoint.objects.iterator()}
    try:
        texts = checkpoints.texts(place or checkpoints.folder())
    except OSError:
        if place is not None:
            raise
        return Series(flaws=(Flaw(0, Fault.UNREACHABLE),) if copies else ())
    held, flaw = follow_series(texts, keys.ours() if trusted is None else trusted)
    strange = compare(texts, copies, whole=place is None)
    return Series(texts, held, tuple(one for one in (flaw, strange if strange != flaw else None) if one))


@transaction.atomic
def note(verdict: Verdict, seconds: float, *, by: Any = None) -> Verification:
    """Keep what was found, in the record itself as well unless that is what no longer takes anything."""
    with translation.override(settings.LANGUAGE_CODE):  # the record has one language, whatever the reader's
        problems = verdict.problems
    found = Verification.objects.create(
        at=timezone.now(),
        by="" if by is None else str(by),
        entries=verdict.last.sequence,
        first_bad=verdict.broken.sequence if verdict.broken else None,
        problems=problems,
        checkpoints_read=verdict.read,
        checkpoints_met=verdict.met,
        seconds=seconds,
    )
    words = "；".join(problems) or f"完整，共 {verdict.last.sequence} 条，相符的检查点 {verdict.met} 个"
    try:
        with transaction.atomic():
            audit.record(by, "audit.broken" if problems else "audit.verify", "审计链", words)
    except DatabaseError:
        logger.exception("the audit chain takes no entry")
    return found


def _walk(last: Link, progress: Progress) -> tuple[Link, Break | None]:
    """The last link that holds, and the first break of the chain itself."""
    while True:
        head = _head()
        for batch in _batches(last.sequence, head.sequence):
            reached = follow(last, batch)
            if isinstance(reached, Break):
                return last, reached
            last = reached
            progress(last.sequence, head.sequence)
        if last != head:
            return last, _at_the_end(last, head)
        newest = Entry.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
        if newest <= last.sequence:
            return last, None
        if newest > _head().sequence:
            return last, Break(last.sequence + 1, Wrong.BEYOND_THE_HEAD)


def _head() -> Link:
    head = Head.objects.filter(pk=1).first()
    return head.link if head else START


def _batches(after: int, until: int) -> Iterator[list[tuple[Link, dict[str, object]]]]:
    """The entries in between, in order, a batch at a time so that no read holds the database for long."""
    wanted = Entry.objects.order_by("sequence").values_list(*CONTENT, "sha256", "sm3")
    while after < until:
        rows = list(wanted.filter(sequence__gt=after, sequence__lte=until)[:BATCH])
        if not rows:
            return
        yield [(Link(row[0], *row[-2:]), sealed(dict(zip(CONTENT, row, strict=False)))) for row in rows]
        after = rows[-1][0]


def _at_the_end(last: Link, head: Link) -> Break:
    if last.sequence < head.sequence:
        return Break(last.sequence + 1, Wrong.CUT, head.sequence)
    return Break(last.sequence, Wrong.NOT_THE_HEAD)


def _links(sequences: Iterable[int]) -> dict[int, Link]:
    """The stored links at these places, a few hundred a query."""
    wanted, found = sorted(set(sequences)), dict[int, Link]()
    for start in range(0, len(wanted), 500):
        rows = Entry.objects.filter(sequence__in=wanted[start : start + 500])
        found |= {row[0]: Link(*row) for row in rows.values_list("sequence", "sha256", "sm3")}
    return found
