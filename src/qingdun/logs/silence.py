"""日志中断: what the platform itself says, as log lines of a source of its own, about sources that went silent.

The line goes through the spool like any other, so that rules, alerts and searches treat it like any other.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.logs.actions import register_source
from qingdun.logs.core.freshness import Freshness, freshness
from qingdun.logs.models import Source
from qingdun.logs.spool import Entry, Framing, Spool, Via
from qingdun.logs.spool.frames import entry

FORMAT = "qingdun"
ADDRESS = "qingdun"  # of the platform's own source; no token is ever given to it, so nobody pushes as it
SELDOM = 366 * 24 * 60  # minutes: it only speaks when something is wrong
WARNING, NOTICE = 132, 133  # facility local0


def tell(spool: Spool, now: datetime) -> list[str]:
    """One line for each source newly silent, and for each heard again; what was said is not said twice.

    A silence is marked only when its line is safely in the spool: a crash between the two repeats the line, never
    loses it. Raises `Full` when the spool takes nothing.
    """
    silent, heard = changes(now)
    lines = [_silent(one, now) for one in silent] + [_heard(one, now) for one in heard]
    if not lines:
        return []
    spool.append([_entry(lines)]).result()
    for one in silent:
        Source.objects.filter(pk=one.pk).update(silence_told=one.last_seen)
    Source.objects.filter(pk__in=[one.pk for one in heard]).update(silence_told=None)
    return lines


def changes(now: datetime) -> tuple[list[Source], list[Source]]:
    """Registered sources whose silence nobody was told of, and those told of that spoke since."""
    known = Source.objects.filter(registered=True, last_seen__isnull=False).exclude(_OWN)
    silent, heard = [], []
    for one in known.order_by("pk"):
        state = freshness(one.last_seen, one.silent_after, now)
        if state is Freshness.SILENT and one.silence_told != one.last_seen:
            silent.append(one)
        elif state is not Freshness.SILENT and one.silence_told is not None:
            heard.append(one)
    return silent, heard


def own() -> Source:
    """The source the platform's own lines are counted under; entered when it first has something to say."""
    found = Source.objects.filter(_OWN, registered=True).first()
    return found or register_source(
        Source(name="清盾平台", via=Source.Via.HTTP, address=ADDRESS, format=FORMAT, silent_after=SELDOM),
        by=None,
        reason=_("平台自身的日志，例如日志源失声"),
    )


_OWN = Q(via=Source.Via.HTTP, address=ADDRESS)


def _entry(lines: list[str]) -> Entry:
    payload = "".join(f"{line}\n" for line in lines).encode()
    return entry(Via.HTTP, Framing.LINES, ADDRESS, payload, source=own().pk, format=FORMAT)


def _silent(one: Source, now: datetime) -> str:
    assert one.last_seen is not None  # `changes` asks for it
    minutes = int((now - one.last_seen).total_seconds() // 60)
    return _line(WARNING, "source-silent", one, now, f"minutes={minutes} last={_at(one.last_seen)} ")


def _heard(one: Source, now: datetime) -> str:
    assert one.last_seen is not None
    return _line(NOTICE, "source-heard", one, now, f"last={_at(one.last_seen)} ")


def _line(priority: int, what: str, one: Source, now: datetime, more: str) -> str:
    """The name stands last, for it may hold anything a person writes on one line."""
    name, address = (" ".join(text.split()) for text in (one.name, one.address))
    address = "%20".join(address.split())
    return f"<{priority}>1 {_at(now)} qingdun qingdun - - - {what} source={one.pk} {more}address={address} name={name}"


def _at(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")
