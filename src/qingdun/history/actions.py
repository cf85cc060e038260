"""The one way in which history is written: by the action that changes the rows, in its transaction, one row or many."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from qingdun.audit import rows
from qingdun.history.models import Change
from qingdun.history.tracking import Changes, about, changed, values

PLATFORM = _("平台")
Pair = tuple[Model | None, Model | None]
BATCH = 2000
COLUMNS = (
    *("kind", "object_id", "about_kind", "about_id", "name", "at"),
    *("actor_id", "actor", "act", "reason", "fields"),
)


def record(by: Any, before: Model | None, after: Model | None, reason: str = "") -> Changes:
    """Write down one row's step and give its changes, for the audit entry. Nothing changed: nothing is written.

    Call it after saving (a new row needs its key) and before deleting. Raises RuntimeError outside a transaction.
    """
    changes = changed(before, after)
    if changes:
        _writable()
        row = _row(by, before, after, reason, changes, timezone.now())
        Change(**dict(zip(COLUMNS, row, strict=True))).save(force_insert=True)
    return changes


def record_many(by: Any, pairs: Iterable[Pair], reason: str = "") -> int:
    """The same for many rows, in batches; gives how many of them changed."""
    _writable()
    now, count, waiting = timezone.now(), 0, list[rows.Row]()
    for before, after in pairs:
        changes = changed(before, after) if before and after else {"": (None, None)}
        if not changes:
            continue
        waiting.append(_row(by, before, after, reason, changes, now))
        if len(waiting) == BATCH:
            rows.insert(Change, COLUMNS, waiting)
            count, waiting = count + BATCH, []
    rows.insert(Change, COLUMNS, waiting)
    return count + len(waiting)


def _row(by: Any, before: Model | None, after: Model | None, reason: str, changes: Changes, at: datetime) -> rows.Row:
    """The values of COLUMNS."""
    row = after or before
    assert row is not None
    act = Change.Act.CREATED if before is None else Change.Act.REMOVED if after is None else Change.Act.CHANGED
    if act is Change.Act.CREATED:  # what it was then follows from what it is and from every change since
        changes = {}
    elif act is Change.Act.REMOVED:
        changes = {name: (value, None) for name, value in values(row).items()}
    who = (getattr(by, "pk", None), (PLATFORM if by is None else str(by))[:150])
    return (row._meta.label_lower, row.pk, *about(row), str(row)[:200], at, *who, act.value, str(reason)[:200], changes)


def _writable() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("沿革必须写在改动的同一事务中")
