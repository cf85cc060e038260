from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from qingdun.audit.models import Entry, Head
from qingdun.audit.origin import address_of_request

PLATFORM = _("平台")


def append(
    by: Any, action: str, subject: Model | str, reason: str, *, changes: Mapping[str, tuple[object, object]]
) -> Entry:
    """See `qingdun.audit.record`."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"审计记录 {action} 必须写在改动的同一事务中")
    head, _created = Head.objects.select_for_update().get_or_create(pk=1)
    entry = Entry(
        sequence=head.sequence + 1,
        at=timezone.now(),
        actor_id=getattr(by, "pk", None),
        actor=PLATFORM if by is None else str(by),
        action=action,
        subject_type=subject._meta.label_lower if isinstance(subject, Model) else "",
        subject_id=str(subject.pk) if isinstance(subject, Model) else "",
        subject=str(subject),
        reason=str(reason),
        changes=json.dumps(changes, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True),
        address=address_of_request(),
    )
    _make_storable(entry)
    link = head.link.next(entry.content())
    entry.sha256, entry.sm3 = link.sha256, link.sm3
    entry.save(force_insert=True)
    head.sequence, head.sha256, head.sm3 = link.sequence, link.sha256, link.sm3
    head.save(update_fields=["sequence", "sha256", "sm3"])
    return entry


def _make_storable(entry: Entry) -> None:
    """Fit every text to its column, without what PostgreSQL refuses: recording an act must never be what fails."""
    for field in Entry._meta.fields:
        value = getattr(entry, field.attname)
        if isinstance(value, str):
            text = value.encode("utf-8", "replace").decode().replace("\0", "␀")
            setattr(entry, field.attname, text[: field.max_length] if field.max_length else text)
