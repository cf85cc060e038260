"""值守提醒: new critical alerts are said to those who may judge them, together and once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from qingdun import notify
from qingdun.access import policy
from qingdun.access.models import Account, Grant
from qingdun.access.roster import roles
from qingdun.detection.listings.alerts import alerts_url
from qingdun.detection.models import Alert

HANDLE, KIND = "detection.handle", "detection.alert"
FRESH = timedelta(days=1)  # what happened longer ago (a month that is read again) is no news
NAMED = 10  # alerts written out in one message


def tell(now: datetime) -> int:
    """Send what is new; how many alerts it was. In the caller's transaction."""
    waiting = Alert.objects.filter(
        told=None, level=Alert.Level.CRITICAL, state=Alert.State.NEW, raised__gte=now - FRESH
    )
    rows = list(waiting.filter(last__gte=now - FRESH).select_related("unit").order_by("-last"))
    if not rows:
        return 0
    by_reader: dict[tuple[int, ...], list[Account]] = defaultdict(list)
    for account in _watching():
        held = policy.scope(account, HANDLE)
        seen = tuple(number for number, one in enumerate(rows) if held.covers(one.unit_path))
        if seen:
            by_reader[seen].append(account)
    for numbers, accounts in by_reader.items():
        _send(accounts, [rows[number] for number in numbers])
    Alert.objects.filter(pk__in=[one.pk for one in rows]).update(told=now)
    return len(rows)


def _watching() -> list[Account]:
    """Whoever judges alerts anywhere today, by a grant of his own."""
    keys = [key for key, role in roles().items() if HANDLE in role.may]
    held = Grant.objects.in_force(timezone.localdate()).filter(role__in=keys)
    return list(Account.objects.filter(pk__in=held.values("account"), is_active=True))


def _send(accounts: list[Account], rows: list[Alert]) -> None:
    first, count = rows[0], len(rows)
    words = _("严重告警：{title}") if count == 1 else _("{count} 条严重告警，最新：{title}")
    title = format_lazy(words, count=count, title=first.title)
    lines = [f"{one.title}：{one.source or '—'} → {one.target or '—'}" for one in rows[:NAMED]]
    if count > NAMED:
        lines.append("…")
    link = first.get_absolute_url() if count == 1 else alerts_url(state="new", level=5)
    notify.send(accounts, KIND, title, text="\n".join(lines), link=link)
