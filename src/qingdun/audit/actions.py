from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from qingdun.audit.core import chain
from qingdun.audit.models import Entry, Head

PLATFORM = "平台"


def append(
    by: Any,
    action: str,
    subject: Model | str,
    reason: str,
    *,
    changes: Mapping[str, tuple[object, object]],
    address: str,
) -> Entry:
    """See `qingdun.audit.record`."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"审计记录 {action} 必须写在改动的同一事务中")
    head, _created = Head.objects.select_for_update().get_or_create(pk=1)
    entry = Entry(
        sequence=head.sequence + 1,
        at=timezone.now().astimezone(UTC),
        actor_id=getattr(by, "pk", None),
        actor=str(by) if by is not None else PLATFORM,
        action=action,
        subject_type=subject._meta.label_lower if isinstance(subject, Model) else "",
        subject_id=str(subject.pk) if isinstance(subject, Model) else "",
        subject=str(subject)[:200],
        reason=reason,
        changes=json.loads(json.dumps(changes, cls=DjangoJSONEncoder)),
        address=address,
    )
    entry.sha256 = chain.link(head.sha256, entry.content(), "sha256")
    entry.sm3 = chain.link(head.sm3, entry.content(), "sm3")
    entry.save(force_insert=True)
    head.sequence, head.sha256, head.sm3 = entry.sequence, entry.sha256, entry.sm3
    head.save(update_fields=["sequence", "sha256", "sm3"])
    return entry
