"""What an alert can become: a room above registers it in its `panels.py`, beside what else it shows on our pages.

    register(Outcome("findings.finding", _("转为隐患"), "findings.create", make))

`make(alert, by, reason)` runs in the transaction of the act, checks what it has to check, and gives the row it made,
which must have a `get_absolute_url`. The alert counts as confirmed from then on and its timeline leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.models import Alert
from qingdun.web.listing import Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """去向: one thing an alert can become. `permission` must be held over the alert's unit."""

    kind: str  # at most 40 characters, room first
    title: Text
    permission: str
    make: Callable[[Alert, Account, str], Any]


_outcomes: dict[str, Outcome] = {}


def register(outcome: Outcome) -> None:
    _outcomes[outcome.kind] = outcome


def forget(kind: str) -> None:
    """For tests."""
    _outcomes.pop(kind, None)


def outcome(kind: str) -> Outcome | None:
    return _outcomes.get(kind)


def open_to(user: Any, alert: Alert) -> list[Outcome]:
    """What this reader may make of this alert and nobody has made yet."""
    offered = [one for one in _outcomes.values() if policy.may(user, one.permission, alert)]
    if not offered:
        return []
    made = set(alert.notes.filter(act__in=_outcomes).values_list("act", flat=True))
    return [one for one in offered if one.kind not in made]
