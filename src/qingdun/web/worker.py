"""The process that runs jobs: the queue's worker, and the clock that fills the queue.

A worker holds a lock on a file of its own name as long as it lives. What a killed one left running is found by its
free lock when the next worker starts, and marked as lost.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from qingdun.lib.home import home
from qingdun.web import jobs
from qingdun.web.models import JobRun


def _folder() -> Path:
    folder = home() / "workers"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def alive() -> Iterator[str]:
    """Give this process a name and keep its lock."""
    name = f"{socket.gethostname()[:40]}-{os.getpid()}"
    path = _folder() / name
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield name
        finally:
            path.unlink(missing_ok=True)


def is_alive(name: str) -> bool:
    """Does a worker of that name, on this machine, still hold its lock?"""
    try:
        with (_folder() / name).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def mark_lost() -> int:
    """Close what dead workers of this machine left running; gives how many runs that were."""
    here = f"{socket.gethostname()[:40]}-"
    running = JobRun.objects.filter(state=JobRun.State.RUNNING, worker__startswith=here)
    lost = [run.pk for run in running if not is_alive(run.worker)]
    JobRun.objects.filter(pk__in=lost).update(state=JobRun.State.LOST, finished=timezone.now())
    for row in DBTaskResult.objects.running():
        if row.worker_ids and row.worker_ids[-1].startswith(here) and not is_alive(row.worker_ids[-1]):
            row.set_failed(RuntimeError("the worker was killed"))
    for path in _folder().iterdir():
        if path.name.startswith(here) and not is_alive(path.name):
            path.unlink(missing_ok=True)
    return len(lost)


def clock() -> BackgroundScheduler:
    """A scheduler with every job that has a cron line, not yet started."""
    scheduler = BackgroundScheduler(
        timezone=settings.TIME_ZONE, job_defaults={"coalesce": True, "misfire_grace_time": 3600, "max_instances": 1}
    )
    for job in jobs.jobs():
        if job.cron:
            scheduler.add_job(_enqueue, CronTrigger.from_crontab(job.cron, settings.TIME_ZONE), args=[job.key])
    return scheduler


def _enqueue(key: str) -> None:
    close_old_connections()
    try:
        jobs.start(key, by=None)
    except jobs.AlreadyRunning:
        jobs.logger.warning("job %s is still running; this turn is left out", key)
    finally:
        close_old_connections()


def work(*, with_clock: bool, until_empty: bool = False) -> None:
    """Run jobs until told to stop (SIGTERM finishes the present job first), or until the queue is empty."""
    with alive() as name:
        mark_lost()
        worker = Worker(
            queue_names=["default"],
            interval=0.5,
            batch=until_empty,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=name,
            excluded_queue_names=[],
        )
        worker.configure_signals()
        scheduler = clock() if with_clock else None
        if scheduler:
            scheduler.start()
        try:
            worker.run()
        finally:
            if scheduler:
                scheduler.shutdown(wait=False)
