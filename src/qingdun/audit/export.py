"""What leaves as proof: entries with their digests, one JSON object a line, and at the end a signed statement of it.

Each line can be checked by itself (its digests follow from the link before it), lines that stand beside each other form
the chain, and the last line is signed with the key of the checkpoints, so that nobody can add to the file, take from it
or change it unseen. `docs/guide/audit.md` gives the twenty lines of Python by which an outsider checks such a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson
from cryptography.hazmat.primitives.hashes import SM3, Hash

from qingdun.audit import checkpoints
from qingdun.audit.core.chain import START, Link, canonical
from qingdun.audit.models import Entry, EntryQuerySet

BATCH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """`rows`: what the reader may take out. `first` and `last`: the stretch that was frozen when it was asked for.

    `whole`: the stretch as it stands in the chain, where entries the reader may not read leave their digests only.
    """

    rows: EntryQuerySet
    first: int
    last: int
    whole: bool
    words: str
    by: str
    at: datetime


def lines(asked: Asked) -> Iterator[bytes]:
    """The file, line by line; a few hundred entries are in memory at any time."""
    sha256, sm3 = hashlib.sha256(), Hash(SM3())
    counts = {"entries": 0, "withheld": 0}
    for line, shown in _entries(asked):
        sha256.update(line)
        sm3.update(line)
        counts["entries" if shown else "withheld"] += 1
        yield line
    newest = checkpoints.newest()
    statement = {
        "by": asked.by,
        "at": asked.at.isoformat(timespec="seconds"),
        "filter": asked.words,
        **counts,
        "sha256": sha256.hexdigest(),
        "sm3": sm3.finalize().hex(),
        "checkpoint": orjson.loads(newest.text) if newest else None,
    }
    yield canonical({"export": statement, **checkpoints.attest({"export": statement})}) + b"\n"


def _entries(asked: Asked) -> Iterator[tuple[bytes, bool]]:
    """Each line and whether it shows its content, by rising sequence."""
    after = asked.first - 1
    while batch := _batch(asked, after):
        before = _links_before(batch)
        shown = set(asked.rows.filter(sequence__in=[entry.sequence for entry in batch]).values_list("pk", flat=True))
        for entry in batch:
            is_shown = entry.sequence in shown
            yield _line(entry, before.get(entry.sequence - 1, START), is_shown), is_shown
        after = batch[-1].sequence


def _batch(asked: Asked, after: int) -> list[Entry]:
    rows = Entry.objects.all() if asked.whole else asked.rows
    return list(rows.filter(sequence__gt=after, sequence__lte=asked.last).order_by("sequence")[:BATCH])


def _line(entry: Entry, before: Link, shown: bool) -> bytes:
    digests = {"sha256": entry.sha256, "sm3": entry.sm3}
    if not shown:
        return canonical({"sequence": entry.sequence, "withheld": True, **digests}) + b"\n"
    previous = {"sha256": before.sha256, "sm3": before.sm3}
    return canonical({"content": entry.content(), "previous": previous, **digests}) + b"\n"


def _links_before(entries: list[Entry]) -> dict[int, Link]:
    """The links before these entries: most stand in the batch itself."""
    known = {entry.sequence: entry.link for entry in entries}
    missing = [entry.sequence - 1 for entry in entries if entry.sequence - 1 not in known]
    rows = Entry.objects.filter(sequence__in=missing).values_list("sequence", "sha256", "sm3")
    return known | {row[0]: Link(*row) for row in rows}
