"""Taking the audit record out: a table for people, or a file that an outsider can check by himself."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.audit import checkpoints, export
from qingdun.audit.models import Entry, EntryQuerySet
from qingdun.powers.entries import act, at, changes, kind, who
from qingdun.powers.forms.audit import PROOF
from qingdun.powers.listings.audit import BY_TIME, ENTRIES
from qingdun.web.asked import Asked
from qingdun.web.core.cells import cell

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """`rows` up to the entry that stood last when they were asked for: the export's own entry is not among them."""

    rows: EntryQuerySet
    first: int
    last: int
    count: int
    whole: bool
    words: str


def look(user: Any, asked: Asked) -> Taken:
    """What an export of this question would take out. Raises ValueError as `Asked.narrow` does."""
    policy.require(user, "audit.export", Entry())
    visible: EntryQuerySet = Entry.objects.visible_to(user)
    rows: Any = asked.narrow(visible, ENTRIES)
    whole = all(one in BY_TIME for one, _value in asked.values)
    span: Any = asked.narrow(Entry.objects.all(), ENTRIES) if whole else rows
    ends = span.aggregate(first=Min("sequence"), last=Max("sequence"))
    first, last = ends["first"] or 1, ends["last"] or 0
    rows = rows.filter(sequence__gte=first, sequence__lte=last)
    return Taken(rows, first, last, rows.count(), whole, in_words(asked))


def take(user: Any, asked: Asked, form: str, reason: str) -> Iterator[bytes]:
    """Fix the chain with a checkpoint, record the export, and give the file piece by piece.

    Raises `audit.keys.NoKey` when nothing can be signed, ValueError as `look` does.
    """
    taken = look(user, asked)
    checkpoints.require_key()
    with suppress(OSError):  # the folder may be away: the checkpoint is kept, and laid down when it is back
        checkpoints.sign()
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):  # the record has one language
        title = f"审计记录 {in_words(asked)} {taken.count} 条（{form}）"
        audit.record(user, "audit.export", title, reason)
    language = translation.get_language() or settings.LANGUAGE_CODE
    if form == PROOF:
        wanted = export.Asked(taken.rows, taken.first, taken.last, taken.whole, taken.words, str(user), timezone.now())
        return export.lines(wanted)
    return _table(taken, str(user), language)


def in_words(asked: Asked) -> str:
    """The question as it is recorded: reading and taking out are on record themselves."""
    parts = []
    for one, value in asked.values:
        titles = {str(key): str(title) for key, title in one.options(None)} if one.options else {}
        parts.append(f"{one.title}：{titles.get(value, value)}")
    return "；".join(parts) or _("全部")


def _table(taken: Taken, by: str, language: str) -> Iterator[bytes]:
    with translation.override(language):  # the stream outlives the request, which knew the reader's language
        yield "\ufeff".encode() + _row(_headings())
        after = 0
        while batch := list(taken.rows.filter(sequence__gt=after).order_by("sequence")[:CHUNK]):
            yield b"".join(_row(_cells(entry)) for entry in batch)
            after = batch[-1].sequence
        yield _row([_("导出：%s") % f"{by} {timezone.localtime():%Y-%m-%d %H:%M:%S}"])


def _headings() -> list[str]:
    fields = ("sequence", "at", "actor", "person", "office", "action", "subject_type", "subject_id", "subject")
    titles = {one.name: str(one.verbose_name) for one in Entry._meta.concrete_fields}
    return [*(titles[name] for name in (*fields, "reason", "changes", "address")), "SHA-256", "SM3"]


def _cells(entry: Entry) -> list[object]:
    told = "；".join(f"{one.name}：{one.before or '—'} → {one.after or '—'}" for one in changes(entry))
    what = [act(entry.action), kind(entry), entry.subject_id, entry.subject, entry.reason, told]
    who_and_when = [entry.sequence, at(entry), who(entry), entry.person, entry.get_office_display()]
    return [*who_and_when, *what, entry.address, entry.sha256, entry.sm3]


class _Line:
    """A file for `csv.writer` that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def _row(values: Iterable[object]) -> bytes:
    line: str = csv.writer(_Line()).writerow([cell(value) for value in values])
    return line.encode()
