"""What alerts and suppressions need by the clock, and how long counted attacks are kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from qingdun.detection import duty
from qingdun.detection.actions import suppressions
from qingdun.detection.models import Attack, Suppression
from qingdun.detection.replay import effect_of
from qingdun.lib import environment
from qingdun.web.jobs import Progress, job

ATTACK_MONTHS = 13  # a year and the month before, so that any month can be held against the same of last year
AT_ONCE = 20_000


@job(suppressions.REPLAY, _("回放抑制的效果"), about=True)
def replay(progress: Progress, about: str) -> None:
    """Measure what a drafted suppression would have changed; a draft that is gone meanwhile is no fault."""
    found = Suppression.objects.filter(pk=int(about), state=Suppression.State.DRAFT).first()
    if found is not None:
        suppressions.measured(found.pk, effect_of(found, progress))


@job("detection.expire", _("结束到期的抑制"), cron="5 * * * *")
def expire(progress: Progress) -> None:
    """Suppressions past their last day end by themselves; they stop holding on that day even if this is late."""
    done = suppressions.expire(timezone.localdate())
    progress(done, done)


@job("detection.tell", _("通知值守人员新的严重告警"), cron="* * * * *")
def tell(progress: Progress) -> None:
    """One message a person for all new critical alerts since the last run."""
    with transaction.atomic():
        told = duty.tell(timezone.now())
    progress(told, told, ngettext_lazy("%d 条告警", "%d 条告警", told) % told)


@job("detection.retain", _("清理过期的攻击计数"), cron="50 3 * * *")
def retain(progress: Progress) -> None:
    """Counted attacks beyond `QINGDUN_ATTACK_MONTHS` go. Alerts stay: they are the record of what people decided."""
    oldest = oldest_kept(timezone.localdate())
    start = timezone.make_aware(datetime.combine(oldest, time()))
    old = Attack.objects.filter(hour__lt=start).order_by("pk")
    gone = 0
    while keys := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        gone += Attack.objects.filter(pk__gte=keys[0], pk__lte=keys[-1], hour__lt=start).delete()[0]
        progress(gone)
    progress(gone, gone)


def oldest_kept(today: date) -> date:
    """The first day of the oldest month that is kept beside the present one; the setting cannot go below one month."""
    months = environment.number("QINGDUN_ATTACK_MONTHS", ATTACK_MONTHS, least=1)
    first = today.replace(day=1)
    for _month in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first
