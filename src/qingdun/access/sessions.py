"""Django's database sessions, each with the account it belongs to: what a person sees of them, and how they end."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from qingdun.access.core.rules import Rules
from qingdun.access.models import Account, Session

ORIGIN = "origin"  # in the session: [address, browser, second of sign-in], written when somebody signs in
SEEN = "seen"
LIMITS = "limits"  # in the session: seconds of idleness and of its whole length, as the rules were when last seen


class SessionStore(DatabaseStore):
    """Named by `settings.SESSION_ENGINE`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # of our model
        row.account_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        address, agent, since = data.get(ORIGIN, ("", "", None))
        row.address, row.agent = address[:45], agent[:200]
        row.since = _moment(since)
        row.seen = _moment(data.get(SEEN)) or row.since
        return row


def stamp(request: HttpRequest, now: Rules) -> None:
    """Used just now, under these rules."""
    request.session[SEEN] = int(time.time())
    request.session[LIMITS] = [now.idle_minutes * 60, now.max_hours * 3600]


def of(account: Account) -> QuerySet[Session]:
    """The account's sessions that have not run out, latest used first."""
    return Session.objects.filter(account=account, expire_date__gt=timezone.now()).order_by("-seen", "session_key")


def end(account: Account, *, but: str | None = None) -> int:
    """End the account's sessions on the server, all or all but the one with this key. How many ended."""
    return of(account).exclude(session_key=but or "").delete()[0]


def mark(key: str) -> str:
    """What a page calls a session: the key itself would be the session."""
    return salted_hmac("qingdun.access.sessions", key, algorithm="sha256").hexdigest()[:24]


def end_one(account: Account, marked: str) -> bool:
    """End the account's session of that mark. False when it has none."""
    found = [row for row in of(account) if mark(row.session_key) == marked]
    for row in found:
        row.delete()
    return bool(found)


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone()) if seconds else None
