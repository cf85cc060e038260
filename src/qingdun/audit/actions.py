from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from qingdun.audit import rows
from qingdun.audit.core.chain import Link
from qingdun.audit.models import CONTENT, Entry, Head, sealed
from qingdun.audit.origin import address_of_request
from qingdun.audit.things import Thing

PLATFORM = _("平台")
BATCH = 2_000  # entries held in memory before they are written

_json = DjangoJSONEncoder(ensure_ascii=False, sort_keys=True).encode
COLUMNS = (*CONTENT, "sha256", "sm3")
_longest = {field.attname: field.max_length for field in Entry._meta.concrete_fields if field.max_length}

Changes = Mapping[str, tuple[object, object]]


def append(by: Any, action: str, subject: Model | str, reason: str, *, changes: Changes) -> Entry:
    """See `qingdun.audit.record`."""
    head = _locked_head(action)
    now = timezone.now()
    entry = Entry(sequence=head.sequence + 1, at=now, **_who(by, action, reason), **_what(subject, changes))
    link = head.link.next(entry.content())
    entry.sha256, entry.sm3 = link.sha256, link.sm3
    entry.save(force_insert=True)
    _advance(head, link)
    return entry


def append_many(by: Any, action: str, acts: Iterable[tuple[Model | Thing | str, Changes]], reason: str) -> int:
    """See `qingdun.audit.record_many`."""
    head = _locked_head(action)
    now, who, link = timezone.now(), _who(by, action, reason), head.link
    start, waiting = head.sequence, list[rows.Row]()
    for subject, changes in acts:
        values = {"sequence": link.sequence + 1, "at": now, **who, **_what(subject, changes)}
        link = link.next(sealed(values))
        waiting.append(row(values, link))
        if len(waiting) == BATCH:
            rows.insert(Entry, COLUMNS, waiting)
            waiting = []
    rows.insert(Entry, COLUMNS, waiting)
    if link.sequence > start:
        _advance(head, link)
    return link.sequence - start


def row(values: Mapping[str, Any], link: Link) -> rows.Row:
    """An entry's values in the order of COLUMNS."""
    return (*map(values.__getitem__, CONTENT), link.sha256, link.sm3)


def _locked_head(action: str) -> Head:
    if not connection.in_atomic_block:
        raise RuntimeError(f"审计记录 {action} 必须写在改动的同一事务中")
    head, _created = Head.objects.select_for_update().get_or_create(pk=1)
    return head


def _advance(head: Head, link: Link) -> None:
    head.sequence, head.sha256, head.sm3 = link.sequence, link.sha256, link.sm3
    head.save(update_fields=["sequence", "sha256", "sm3"])


def _who(by: Any, action: str, reason: str) -> dict[str, Any]:
    """What all entries of one act share. The person and the office are those of the moment: both may change.

    What is done while an emergency access is in force carries its number before the reason.
    """
    under = getattr(by, "acting_under", "")
    return {
        "actor_id": getattr(by, "pk", None),
        "actor": _storable("actor", PLATFORM if by is None else str(by)),
        "person": _storable("person", str(getattr(by, "person", ""))),
        "office": getattr(by, "office", ""),
        "action": _storable("action", action),
        "reason": _storable("reason", f"【{under}】{reason}" if under else str(reason)),
        "address": _storable("address", address_of_request()),
    }


def _what(subject: Model | Thing | str, changes: Changes) -> dict[str, Any]:
    match subject:
        case Model():
            subject = Thing(subject._meta.label_lower, subject.pk, str(subject))
        case str():
            subject = Thing("", "", subject)
    return {
        "subject_type": subject.kind,
        "subject_id": _storable("subject_id", str(subject.key)),
        "subject": _storable("subject", str(subject.name)),
        "changes": _storable("changes", _json(changes)),
    }


def _storable(column: str, text: str) -> str:
    """Fit a text to its column, without what PostgreSQL refuses: recording an act must never be what fails."""
    if not text.isascii() or "\0" in text:
        text = text.encode("utf-8", "replace").decode().replace("\0", "␀")
    return text[: _longest.get(column)]
