"""What keeps the lake and its records in order, by the clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.lib import environment
from qingdun.logs import silence
from qingdun.logs.lake import Lake, upkeep
from qingdun.logs.lake.files import day_of
from qingdun.logs.models import Batch
from qingdun.logs.spool.files import FileSpool
from qingdun.web.jobs import Progress, job

FLOOR_DAYS = 183  # 网络安全法: network logs are kept for no less than six months; nothing lowers this
BATCHES_KEPT = timedelta(days=7)


def retention_days() -> int:
    """For how many days events are kept: `QINGDUN_RETENTION_DAYS`, never fewer than `FLOOR_DAYS`."""
    return max(FLOOR_DAYS, environment.number("QINGDUN_RETENTION_DAYS", FLOOR_DAYS))


@job("logs.compact", _("合并日志文件"), cron="*/10 * * * *")
def compact(progress: Progress) -> None:
    """Merge what the commits of the last minutes left: many small files make every search slow."""
    lake = Lake(zone=settings.TIME_ZONE)
    small = upkeep.small_days(lake)
    for number, day in enumerate(small, 1):
        merged = upkeep.compact(lake, [day])
        progress(number, len(small), _("%(day)s：并掉 %(count)d 个文件") % {"day": day, "count": merged})


@job("logs.shorten", _("缩短日志湖的提交记录"), cron="5,35 * * * *")
def shorten(progress: Progress) -> None:
    """A commit a second is 86,400 small files a day; a checkpoint replaces them."""
    gone = upkeep.shorten_log(Lake(zone=settings.TIME_ZONE))
    progress(gone, gone)


@job("logs.retention", _("清理过期日志"), cron="20 3 * * *")
def retain(progress: Progress) -> None:
    """Days beyond the retention leave the lake, then files that no version holds leave the disk."""
    lake = Lake(zone=settings.TIME_ZONE)
    expired = upkeep.expire(lake, oldest_kept(timezone.now()))
    progress(1, 2, _("到期文件 %d 个") % expired)
    gone = upkeep.vacuum(lake)
    progress(2, 2, _("到期文件 %(expired)d 个，删除文件 %(gone)d 个") % {"expired": expired, "gone": gone})


@job("logs.vacuum", _("删除已被替换的日志文件"), cron="50 * * * *")
def vacuum(progress: Progress) -> None:
    gone = upkeep.vacuum(Lake(zone=settings.TIME_ZONE))
    progress(gone, gone)


@job("logs.batches", _("清理批次记录"), cron="10 4 * * *")
def prune_batches(progress: Progress) -> None:
    """Old batches go; the last of each spool stays, for it says up to where everything is counted."""
    later = Batch.objects.filter(spool=OuterRef("spool"), end__gt=OuterRef("end"))
    old = Batch.objects.filter(Exists(later), committed__lt=timezone.now() - BATCHES_KEPT)
    gone, _kinds = old.delete()
    progress(gone, gone)


@job("logs.silence", _("检查日志源失声"), cron="*/3 * * * *")
def tell_silences(progress: Progress) -> None:
    """Who stops the logs hides what comes next: a source that went silent becomes a log line, and so an alert."""
    spool = FileSpool()
    try:
        told = silence.tell(spool, timezone.now())
    finally:
        spool.close()
    progress(len(told), len(told))


def oldest_kept(now: datetime) -> date:
    """The first day of receipt that is still kept."""
    return day_of(now, settings.TIME_ZONE) - timedelta(days=retention_days())
