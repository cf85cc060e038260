from __future__ import annotations

from django.db import transaction

from qingdun import audit
from qingdun.access import sessions
from qingdun.access.models import Account


@transaction.atomic
def end_sessions(account: Account, *, but: str | None, marked: str = "") -> int:
    """A person's own signing out elsewhere: the session of that mark, or all but the one with the key `but`.

    How many ended; nothing is recorded when none did.
    """
    ended = int(sessions.end_one(account, marked)) if marked else sessions.end(account, but=but)
    if ended:
        audit.record(account, "access.sessions_ended", account, str(ended))
    return ended
