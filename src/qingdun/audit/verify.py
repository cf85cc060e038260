"""Does the chain hold? Walks every entry, both digests, the head and the database's guards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from qingdun.audit import guards
from qingdun.audit.core.chain import START, Break, Link, follow
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

    def as_json(self) -> dict[str, object]:
        """The keys of `qingdun audit verify`."""
        return {
            "whole": self.whole,
            "entries": self.last.sequence,
            "sha256": self.last.sha256,
            "sm3": self.last.sm3,
            "first_bad": self.broken.sequence if self.broken else None,
            "problem": self.broken.problem if self.broken else None,
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
            return Verdict(last, Break(last.sequence + 1, f"链头止于第 {last.sequence} 条，其后却还有记录"))


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
        return Break(
            last.sequence + 1, f"第 {last.sequence + 1} 至 {head.sequence} 条不见了（链头记到第 {head.sequence} 条）"
        )
    return Break(last.sequence, f"第 {last.sequence} 条的摘要与链头不符")


def _without_guards(last: Link) -> Break | None:
    gone = guards.missing(connection)
    return Break(last.sequence + 1, f"数据库里防止改动的触发器不见了：{'、'.join(gone)}") if gone else None
