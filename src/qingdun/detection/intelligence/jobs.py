"""What intelligence does by the clock: fetch what is due, look back for what is new, forget what is long over."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.detection.intelligence import actions, lookback
from qingdun.detection.models import Edition, Feed, FeedRun, Indicator
from qingdun.lib import environment
from qingdun.web import jobs
from qingdun.web.jobs import Progress, job

RUNS_KEPT = timedelta(days=90)


@job("detection.feeds", _("获取到期的情报源"), cron="*/10 * * * *")
def fetch_due(progress: Progress) -> None:
    """Each in a job of its own: a slow server delays nobody else."""
    due = list(Feed.objects.due(timezone.now()))
    for number, feed in enumerate(due, 1):
        with contextlib.suppress(jobs.AlreadyRunning):
            jobs.enqueue(actions.RUN, by=None, about=str(feed.pk))
        progress(number, len(due), feed.name)


@job(actions.RUN, _("获取情报源"), about=True)
def fetch(progress: Progress, about: str) -> None:
    feed = Feed.objects.filter(pk=about).first()
    if feed is None:
        return
    run = actions.run(feed)
    progress(1, 1, run.problem or _("新增 %(new)d，变更 %(changed)d") % {"new": run.new, "changed": run.changed})


@job("detection.lookback", _("情报回溯"), cron="*/5 * * * *")
def look_back(progress: Progress) -> None:
    alerts = lookback.look_back(progress, timezone.now())
    progress(1, 1, _("回溯出 %d 个告警") % alerts)


@job("detection.forget_indicators", _("清理早已过期的情报"), cron="50 3 * * *")
def forget(progress: Progress) -> None:
    """What ended long ago, met nothing and is no false positive goes; runs are kept for a while."""
    kept = timedelta(days=environment.number("QINGDUN_INDICATORS_KEPT_DAYS", 180, least=1))
    now = timezone.now()
    with transaction.atomic():
        old = Indicator.objects.filter(valid_until__lt=now - kept, marked=False, hits=0)
        gone, _kinds = old.delete()
        if gone:
            Edition.advance()
        FeedRun.objects.filter(at__lt=now - RUNS_KEPT).delete()
    progress(gone, gone)
