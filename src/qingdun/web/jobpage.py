"""系统管理 › 后台任务: every job, its last run with live progress, and the newest runs."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy
from qingdun.web import jobs
from qingdun.web.marks import Shape, Tone
from qingdun.web.models import JobRun
from qingdun.web.requests import htmx

NEWEST = 20
MARKS: dict[str, tuple[Shape, Tone]] = {
    JobRun.State.QUEUED: ("ring", "plain"),
    JobRun.State.RUNNING: ("diamond", "brand"),
    JobRun.State.DONE: ("circle", "ok"),
    JobRun.State.FAILED: ("square", "bad"),
    JobRun.State.LOST: ("triangle", "warn"),
}
WEEKDAYS = {
    "mon": pgettext_lazy("weekday", "一"),
    "tue": pgettext_lazy("weekday", "二"),
    "wed": pgettext_lazy("weekday", "三"),
    "thu": pgettext_lazy("weekday", "四"),
    "fri": pgettext_lazy("weekday", "五"),
    "sat": pgettext_lazy("weekday", "六"),
    "sun": pgettext_lazy("weekday", "日"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A run in words."""

    run: JobRun
    title: str

    @property
    def shape(self) -> Shape:
        return MARKS[self.run.state][0]

    @property
    def tone(self) -> Tone:
        return MARKS[self.run.state][1]

    @property
    def is_active(self) -> bool:
        return self.run.is_active

    @property
    def took(self) -> str:
        if not self.run.started or not self.run.finished:
            return ""
        seconds = (self.run.finished - self.run.started).total_seconds()
        return _("%.1f 秒") % seconds if seconds < 120 else _("%.0f 分钟") % (seconds / 60)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "web.jobs", jobs)  # of the platform, not of a unit: from the root only
    titles = {job.key: str(job.title) for job in jobs.jobs()}
    runs = [
        Told(jobs.seen(run), titles.get(run.key, run.key))
        for run in JobRun.objects.select_related("by__person")[:NEWEST]
    ]
    newest = JobRun.objects.filter(
        pk__in=JobRun.objects.order_by().values("key").annotate(last=Max("pk")).values("last")
    )
    last = {run.key: Told(jobs.seen(run), titles.get(run.key, run.key)) for run in newest}
    context = {
        "jobs": [(job, when(job.cron), last.get(job.key)) for job in jobs.jobs() if not job.about],
        "runs": runs,
        "active": any(told.is_active for told in runs),
        "may_run": policy.may(request.user, "web.run_jobs", jobs),
    }
    template = "web/parts/jobs.html" if htmx(request) else "web/jobs.html"
    return render(request, template, context)


@require_POST
def run_now(request: HttpRequest, key: str) -> HttpResponse:
    try:
        jobs.start(key, by=request.user)
    except KeyError:
        raise Http404(key) from None
    except jobs.AlreadyRunning:
        messages.warning(request, _("这个任务已在排队或运行，完成之前不会再次启动。"))
    else:
        messages.success(request, _("任务已放入队列，进度显示在本页。"))
    return redirect("web:jobs")


def when(cron: str) -> str:
    """A cron line in words where it is a common one, else as it stands."""
    if not cron:
        return _("按需运行")
    minute, hour, *days = cron.split()
    if hour == "*" and days == ["*", "*", "*"]:
        if minute == "*":
            return _("每分钟")
        if minute.startswith("*/"):
            return _("每 %s 分钟") % minute[2:]
        return _("每小时第 %s 分") % minute if minute.replace(",", "").isdigit() else cron
    if not (minute.isdigit() and hour.isdigit()):
        return cron
    clock = f"{int(hour):02}:{int(minute):02}"
    match days:
        case ["*", "*", "*"]:
            return _("每天 %s") % clock
        case ["*", "*", weekday] if weekday in WEEKDAYS:
            return _("每周%(day)s %(time)s") % {"day": WEEKDAYS[weekday], "time": clock}
        case [day, "*", "*"] if day.isdigit():
            return _("每月 %(day)s 日 %(time)s") % {"day": day, "time": clock}
    return cron
