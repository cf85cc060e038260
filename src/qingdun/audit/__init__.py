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
    address: str = "",
) -> Entry:
    """Append one entry to the chain in the caller's transaction (it must be inside `atomic`).

    `by` is an account, or None for the platform itself; `action` is a permission-like key such as `"logs.export"`;
    `changes` maps a field name to (before, after); `address` is where the request came from.
    Raises RuntimeError outside a transaction: an entry must stand or fall with its change.
    """
    from qingdun.audit.actions import append

    return append(by, action, subject, reason, changes=changes or {}, address=address)
