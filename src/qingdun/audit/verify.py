"""Does the chain hold? Walks every entry, both digests, the head and the database's guards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from django.db import connection
from django.utils.translation import gettext as _

from qingdun.audit import guards
from qingdun.audit.core.chain import START, Break, Link, Wrong, follow
from qingdun.audit.models import Entry, Head

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the last link that holds, and what is wrong, nothing when the chain is whole."""

    last: Link
    broken: Break | None

    @property
    def whole(self) -> bool:
        return self.broken is None

    @property
    def problem(self) -> str | None:
        """What is wrong, in the reader's language."""
        return _worded(self.broken) if self.broken else None

    def as_json(self) -> dict[str, object]:
        """The keys of `qingdun audit verify`."""
        return {
            "whole": self.whole,
            "entries": self.last.sequence,
            "sha256": self.last.sha256,
            "sm3": self.last.sm3,
            "first_bad": self.broken.sequence if self.broken else None,
            "problem": self.problem,
        }


def verify() -> Verdict:
    """Walk the chain while others may go on appending: the head is read first, and again until nothing is left."""
    last = START
    while True:
        head = _head()
        for batch in _batches(last.sequence, head.sequence):
            reached = follow(last, ((entry.link, entry.content()) for entry in batch))
            if isinstance(reached, Break):
                return Verdict(last, reached)
            last = reached
        if last != head:
            return Verdict(last, _at_the_end(last, head))
        newest = Entry.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
        if newest <= last.sequence:
            return Verdict(last, _without_guards(last))
        if newest > _head().sequence:
            return Verdict(last, Break(last.sequence + 1, Wrong.BEYOND_THE_HEAD))


def _head() -> Link:
    head = Head.objects.filter(pk=1).first()
    return head.link if head else START


def _batches(after: int, until: int) -> Iterator[list[Entry]]:
    """The entries in between, in order, a batch at a time so that no read holds the database for long."""
    while after < until:
        rows = Entry.objects.filter(sequence__gt=after, sequence__lte=until).order_by("sequence")[:BATCH]
        if not (batch := list(rows)):
            return
        yield batch
        after = batch[-1].sequence


def _at_the_end(last: Link, head: Link) -> Break:
    if last.sequence < head.sequence:
        return Break(last.sequence + 1, Wrong.CUT, head.sequence)
    return Break(last.sequence, Wrong.NOT_THE_HEAD)


def _without_guards(last: Link) -> Break | None:
    return Break(last.sequence + 1, Wrong.UNGUARDED) if guards.wrong_ones(connection) else None


def _worded(broken: Break) -> str:
    numbers = {"first": broken.sequence, "until": broken.until, "last": broken.sequence - 1}
    match broken.wrong:
        case Wrong.MISSING:
            return _("缺少第 %(first)d 条，其后是第 %(until)d 条") % numbers
        case Wrong.CHANGED:
            return _("第 %(first)d 条的内容或摘要被改动") % numbers
        case Wrong.CUT:
            return _("第 %(first)d 至 %(until)d 条不见了，链头记到第 %(until)d 条") % numbers
        case Wrong.NOT_THE_HEAD:
            return _("第 %(first)d 条的摘要与链头不符") % numbers
        case Wrong.BEYOND_THE_HEAD:
            return _("链头止于第 %(last)d 条，其后却还有记录") % numbers
        case Wrong.UNGUARDED:
            return _("记录完整，但数据库里防止改动的触发器不见了")
        case unknown:
            assert_never(unknown)
