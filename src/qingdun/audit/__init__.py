"""审计: the tamper-evident chain of who did what to which thing, and why.

`audit.record(...)`, or `record_many(...)`, is called by every action inside the transaction of the change it records.
Not for: device logs (see `logs`) and not for reading by anyone but those whom the duty matrix names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qingdun.audit.things import Thing as Thing

if TYPE_CHECKING:
    from django.db.models import Model

    from qingdun.audit.models import Entry

    Changes = Mapping[str, tuple[object, object]]


def record(by: Any, action: str, subject: Model | str, reason: str = "", *, changes: Changes | None = None) -> Entry:
    """Append one entry to the chain in the caller's transaction, as its last step: it locks the chain until the commit.

    `by` is an account, or None for the platform itself; `action` is a key named in some room's `permissions.py`, such
    as `"logs.export"`; `changes` maps a field's name to (before, after). The request's address is added by itself.
    What is recorded is never deleted: put no password and no token there, and personal numbers only masked.
    Raises RuntimeError outside a transaction: an entry must stand or fall with its change.
    """
    from qingdun.audit.actions import append

    return append(by, action, subject, reason, changes=changes or {})


def record_many(by: Any, action: str, acts: Iterable[tuple[Model | Thing | str, Changes]], reason: str = "") -> int:
    """The same for a bulk change: one entry for each (subject, changes), with one lock and a few writes in all.

    `acts` is walked once while the chain is locked, so prepare what is costly before. Gives the number of entries.
    """
    from qingdun.audit.actions import append_many

    return append_many(by, action, acts, reason)
