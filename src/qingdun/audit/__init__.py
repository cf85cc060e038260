"""审计: the tamper-evident chain of who did what to which thing, and why.

`audit.record(...)` is called by every action, inside the transaction of the change it records.
Not for: device logs (see `logs`) and not for reading by anyone but the audit administrator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from qingdun.audit.models import Entry


def record(
    by: Any,
    action: str,
    subject: Model | str,
    reason: str = "",
    *,
    changes: Mapping[str, tuple[object, object]] | None = None,
) -> Entry:
    """Append one entry to the chain in the caller's transaction, as its last step: it locks the chain until the commit.

    `by` is an account, or None for the platform itself; `action` is a key named in some room's `permissions.py`, such
    as `"logs.export"`; `changes` maps a field's name to (before, after). The request's address is added by itself.
    Raises RuntimeError outside a transaction: an entry must stand or fall with its change.
    """
    from qingdun.audit.actions import append

    return append(by, action, subject, reason, changes=changes or {})
