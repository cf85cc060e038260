"""Background jobs with their progress in the page. A room declares them in its own `jobs.py`:

    @job("logs.retention", _("清理过期日志"), cron="0 3 * * *")
    def clear(progress: Progress) -> None:
        for number, day in enumerate(days, 1):
            ...
            progress(number, len(days), _("已清理 %s") % day)

A job never runs beside itself: the database refuses a second active run. One declared with `about=True` is asked for
with a subject (`enqueue(key, about="12")`), gets it as its second argument, and runs once per subject. Weekdays in
`cron` are written as names (`mon`), because schedulers disagree on what day 0 is.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskContext, task
from django_tasks_db.models import DBTaskResult

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Session
from qingdun.lib.home import home
from qingdun.notify.tasks import tidy
from qingdun.web.models import JobRun, KeptAnswer

logger = logging.getLogger("qingdun.web")

KEPT = timedelta(days=30)  # runs and the queue's own rows
ANSWERS_KEPT = timedelta(hours=24)  # of the machine interface, see `machine.once`
BETWEEN_WRITES = 1.0  # seconds


class Progress(Protocol):
    def __call__(self, done: int, total: int = 0, message: str | Promise = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of background work. `cron` empty: only when somebody asks for it."""

    key: str
    title: str | Promise
    run: Callable[..., None]
    cron: str
    about: bool = False

    def __str__(self) -> str:
        return str(self.title)


class AlreadyRunning(Exception):
    """The job is queued or running; it never runs beside itself."""


_jobs: dict[str, Job] = {}


Run = TypeVar("Run", bound=Callable[..., None])


def job(key: str, title: str | Promise, *, cron: str = "", about: bool = False) -> Callable[[Run], Run]:
    """Declare a function as a job under `key`; the function itself stays as it is."""

    def declare(run: Run) -> Run:
        _jobs[key] = Job(key, title, run, cron, about)
        return run

    return declare


def jobs() -> list[Job]:
    return [_jobs[key] for key in sorted(_jobs)]


def start(key: str, *, by: Any) -> JobRun:
    """Put a job into the queue. `by` None is the clock. Raises AlreadyRunning, PermissionDenied, KeyError."""
    wanted = _jobs[key]
    if wanted.about:
        raise KeyError(key)  # only its owner knows what about
    if by is not None:
        policy.require(by, "web.run_jobs", wanted)
    with transaction.atomic():
        run = enqueue(key, by=by)
        if by is not None:
            audit.record(by, "web.run_jobs", key)
    return run


def enqueue(key: str, *, by: Any, about: str = "") -> JobRun:
    """The same without asking or recording anything: for an action that has done both. Raises AlreadyRunning."""
    try:
        with transaction.atomic():
            run = JobRun.objects.create(key=_jobs[key].key, about=about, by=by)
            perform.enqueue(run.pk)
    except IntegrityError:
        raise AlreadyRunning(key) from None
    return run


@task(takes_context=True)
def perform(context: TaskContext, run_id: int) -> None:
    """What the queue calls. A failed job leaves its error in its run; the queue itself goes on."""
    worker = context.task_result.worker_ids[-1]
    mine = JobRun.objects.filter(pk=run_id)
    if not mine.filter(state=JobRun.State.QUEUED).update(
        state=JobRun.State.RUNNING, started=timezone.now(), worker=worker
    ):
        return
    run = mine.get()
    try:
        wanted = _jobs[run.key]
        wanted.run(Told(run_id), *([run.about] if wanted.about else []))
    except Exception as error:
        logger.exception("job %s failed", run.key)
        _finish(run_id, JobRun.State.FAILED, f"{type(error).__name__}: {error}"[:500])
    except BaseException:  # the worker is told to stop at once
        _finish(run_id, JobRun.State.LOST)
        raise
    else:
        _finish(run_id, JobRun.State.DONE)


class Told:
    """A job's progress, written at most once a second.

    Inside the job's own transaction nobody else would see the row change, so there a small file tells it (`seen`).
    """

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.written = 0.0

    def __call__(self, done: int, total: int = 0, message: str | Promise = "") -> None:
        now = time.monotonic()
        if now - self.written < BETWEEN_WRITES and done != total:
            return
        self.written = now
        if connection.in_atomic_block:
            _beside(self.run_id).write_text(json.dumps([done, total, str(message)[:300]]), "utf-8")
        else:
            JobRun.objects.filter(pk=self.run_id).update(done=done, total=total, message=str(message)[:300])


def seen(run: JobRun) -> JobRun:
    """The run with the progress its transaction tells beside the records, where it runs on this machine."""
    if not run.is_active:
        return run
    try:
        run.done, run.total, run.message = json.loads(_beside(run.pk).read_text("utf-8"))
    except (OSError, ValueError):
        return run  # nothing told, or being written just now
    return run


def _beside(run_id: int) -> Path:
    folder = home() / "state"
    folder.mkdir(exist_ok=True)
    return folder / f"job-{run_id}.json"


def _finish(run_id: int, state: JobRun.State, error: str = "") -> None:
    JobRun.objects.filter(pk=run_id).update(state=state, finished=timezone.now(), error=error)
    _beside(run_id).unlink(missing_ok=True)


@job("web.messages", _("补发消息、清理旧的外发记录"), cron="15 * * * *")
def tidy_messages(progress: Progress) -> None:
    """`notify` lies below this room and cannot declare its own."""
    again, forgotten = tidy()
    progress(
        again + forgotten,
        again + forgotten,
        _("重新排队 %(again)d 条，清理 %(old)d 条") % {"again": again, "old": forgotten},
    )


@job("web.prune_answers", _("清理过期的幂等应答"), cron="25 * * * *")
def prune_answers(progress: Progress) -> None:
    """Answers kept for programs that send a write again are kept for a day."""
    gone, _kinds = KeptAnswer.objects.filter(claimed__lt=timezone.now() - ANSWERS_KEPT).delete()
    progress(gone, gone)


@job("web.prune", _("清理任务记录与过期会话"), cron="40 2 * * *")
def prune(progress: Progress) -> None:
    """Old runs, the queue's own rows and ended sessions go; the newest run of each job stays, however old."""
    before = timezone.now() - KEPT
    newest = [JobRun.objects.filter(key=one.key).values_list("pk", flat=True).first() for one in jobs()]
    runs, _kinds = JobRun.objects.filter(finished__lt=before).exclude(pk__in=[pk for pk in newest if pk]).delete()
    rows, _kinds = DBTaskResult.objects.finished().filter(finished_at__lt=before).delete()
    sessions, _kinds = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    progress(runs + rows + sessions, runs + rows + sessions)
