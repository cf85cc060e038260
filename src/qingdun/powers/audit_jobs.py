"""What watches over the audit record by the clock: verification, checkpoints, and telling those who must know."""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun import notify
from qingdun.access.models import Account, Grant
from qingdun.access.roster import roles
from qingdun.audit import checkpoints
from qingdun.audit.core.checkpoints import Checkpoint as Signed
from qingdun.audit.core.checkpoints import fingerprint
from qingdun.audit.models import Verification
from qingdun.audit.verify import Verdict, note, verify
from qingdun.web.jobs import Progress, job


@job("audit.verify", gettext_lazy("核验审计链"), cron="10 1 * * *")
def verify_all(progress: Progress) -> None:
    """Every entry, every checkpoint, every guard."""
    begun = time.monotonic()
    verdict = verify(progress=progress)
    words = _conclude(verdict, time.monotonic() - begun)
    progress(verdict.last.sequence, verdict.last.sequence, words)


@job("audit.checkpoint", gettext_lazy("签署审计检查点"), cron="2 * * * *")
def sign_hourly(progress: Progress) -> None:
    """What came since the last checkpoint is verified, then the next is signed. An hour is what a cut tail can hide."""
    begun = time.monotonic()
    verdict = verify(since=checkpoints.newest())
    if not verdict.whole:
        _conclude(verdict, time.monotonic() - begun)
    signed = checkpoints.sign()
    progress(1, 1, _("第 %d 号检查点") % signed.number if signed else _("没有新的记录"))


@job("audit.daily", gettext_lazy("把审计检查点发给审计管理员"), cron="30 0 * * *")
def send_daily(progress: Progress) -> None:
    """One each day in any case: a day without says that somebody kept it from being signed."""
    signed = checkpoints.sign(even_if_unmoved=True)
    assert signed is not None  # asked for in any case
    with transaction.atomic():
        told = _send(signed)
    progress(told, told, _("第 %d 号检查点") % signed.number)


def _send(signed: Signed) -> int:
    """The checkpoint itself leaves: who has the messages can prove where the chain stood, whatever becomes of us."""
    number = {"number": signed.number, "sequence": signed.link.sequence}
    return notify.send(
        in_office("audit"),
        "audit.checkpoint",
        _("审计检查点第 %(number)d 号：截至第 %(sequence)d 条") % number,
        text=_("请留存。公钥指纹 %s") % fingerprint(signed.heir),
        link=reverse("audit:report"),
        outside=signed.text.decode(),
    )


def _conclude(verdict: Verdict, seconds: float) -> str:
    """Keep the verdict; a broken chain is told to all three officers, once for each new finding."""
    with transaction.atomic():
        before = Verification.objects.first()
        found = note(verdict, seconds)
        if not found.whole and (before is None or before.problems != found.problems):
            notify.send(
                in_office("system", "security", "audit"),
                "audit.broken",
                _("审计链核验不通过"),
                text="；".join(found.problems),
                link=reverse("web:workbench"),
            )
    return verdict.problem or _("完整，共 %d 条") % verdict.last.sequence


def in_office(*duties: str) -> Iterable[Account]:
    """Those who are these officers today."""
    keys = [key for key, role in roles().items() if role.duty in duties]
    return Account.objects.filter(
        pk__in=Grant.objects.in_force(timezone.localdate()).filter(role__in=keys).values("account")
    )
