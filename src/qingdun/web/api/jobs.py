"""后台任务: what runs by the clock, how its last runs went, and starting one now."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from qingdun.access import policy
from qingdun.web import jobs
from qingdun.web.models import JobRun

router = Router()
NEWEST = 100


class RunOut(Schema):
    id: int
    key: str
    state: str
    queued: datetime
    started: datetime | None
    finished: datetime | None
    done: int
    total: int
    message: str
    error: str


class JobOut(Schema):
    key: str
    title: str
    cron: str


@router.get("", response=list[JobOut], operation_id="web_jobs", summary="后台任务")
def every(request: HttpRequest) -> Any:
    policy.require(request.user, "web.jobs", jobs)
    return [{"key": one.key, "title": str(one.title), "cron": one.cron} for one in jobs.jobs()]


@router.get("/runs", response=list[RunOut], operation_id="web_job_runs", summary="最近的任务运行")
def runs(request: HttpRequest, key: str = "") -> Any:
    """The newest hundred, of one job when `key` names it."""
    policy.require(request.user, "web.jobs", jobs)
    newest = JobRun.objects.filter(key=key) if key else JobRun.objects.all()
    return newest[:NEWEST]


@router.post("/{key}/run", response={201: RunOut}, operation_id="web_job_run", summary="立即运行任务")
def run(request: HttpRequest, key: str) -> Any:
    policy.require(request.user, "web.run_jobs", jobs)
    try:
        return Status(201, jobs.start(key, by=request.user))
    except KeyError:
        raise Http404(key) from None
    except jobs.AlreadyRunning:
        raise HttpError(409, _("这个任务已在排队或运行，完成之前不会再次启动。")) from None
