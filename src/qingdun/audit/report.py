"""完整性报告: what the record covers, what was verified and against what, what protects it, and who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min
from django.utils import timezone

from qingdun.audit import checkpoints, ownership
from qingdun.audit.core.checkpoints import Checkpoint as Signed
from qingdun.audit.core.checkpoints import fingerprint
from qingdun.audit.models import Checkpoint, Entry, Verification
from qingdun.audit.ownership import Ownership

#: 网络安全法: six months at least. Nothing in the platform deletes an entry, so there is nothing that could lower it.
FLOOR_DAYS = 183
LOOKED_BACK = timedelta(days=90)
LOOKING = ("audit.view", "audit.view_auditors", "audit.export", "audit.verify")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who read, exported or verified, how often and when last."""

    actor: str
    person: str
    action: str
    times: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Report:
    at: datetime
    entries: int
    oldest: datetime | None
    newest: datetime | None
    verification: Verification | None
    checkpoints: int
    checkpoint: Signed | None
    folder: str
    outside: bool
    protection: Ownership
    readers: list[Reader]

    @property
    def fingerprint(self) -> str:
        """Of the public key in force; empty before the first checkpoint."""
        return fingerprint(self.checkpoint.heir) if self.checkpoint else ""

    @property
    def kept_days(self) -> int:
        """How far back the record reaches."""
        return (self.at - self.oldest).days if self.oldest else 0

    @property
    def since(self) -> date:
        """From when on readers are counted."""
        return timezone.localdate(self.at - LOOKED_BACK)

    def as_json(self) -> dict[str, object]:
        """The keys of `qingdun audit report`."""
        found = self.verification
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "entries": self.entries,
            "oldest": _iso(self.oldest),
            "newest": _iso(self.newest),
            "kept_days": self.kept_days,
            "floor_days": FLOOR_DAYS,
            "verification": {
                "at": _iso(found.at),
                "whole": found.whole,
                "entries": found.entries,
                "first_bad": found.first_bad,
                "problems": found.problems,
                "checkpoints_read": found.checkpoints_read,
                "checkpoints_met": found.checkpoints_met,
            }
            if found
            else None,
            "checkpoints": {
                "count": self.checkpoints,
                "newest": _iso(self.checkpoint.at) if self.checkpoint else None,
                "sequence": self.checkpoint.link.sequence if self.checkpoint else None,
                "key": self.checkpoint.heir if self.checkpoint else None,
                "outside": self.outside,
            },
            "protection": self.protection.as_json(),
            "readers": [
                {
                    "actor": one.actor,
                    "person": one.person,
                    "action": one.action,
                    "times": one.times,
                    "last": _iso(one.last),
                }
                for one in self.readers
            ],
        }


def build() -> Report:
    """A fixed number of queries, however long the chain is; it verifies nothing itself."""
    now = timezone.now()
    span = Entry.objects.aggregate(oldest=Min("at"), newest=Max("at"), last=Max("sequence"), first=Min("sequence"))
    return Report(
        at=now,
        entries=span["last"] - span["first"] + 1 if span["last"] else 0,
        oldest=span["oldest"],
        newest=span["newest"],
        verification=Verification.objects.first(),
        checkpoints=Checkpoint.objects.count(),
        checkpoint=checkpoints.newest(),
        folder=str(checkpoints.folder()),
        outside=checkpoints.lies_outside(),
        protection=ownership.look(),
        readers=_readers(now - LOOKED_BACK),
    )


def _readers(since: datetime) -> list[Reader]:
    rows = Entry.objects.filter(action__in=LOOKING, at__gte=since, actor_id__isnull=False).order_by()
    counted = rows.values_list("actor", "person", "action").annotate(times=Count("pk"), last=Max("at"))
    return [Reader(*row) for row in counted.order_by("actor", "action")]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
