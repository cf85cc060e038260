"""Asking for a replay of a policy, and whether one is under way."""

from __future__ import annotations

from django.db import transaction

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.operations.models import Replay
from qingdun.web import jobs
from qingdun.web.models import JobRun

JOB = "operations.replay"
MANAGE = "operations.manage"


@transaction.atomic
def ask(key: str, days: int, *, by: Account) -> Replay:
    """Put a replay of a policy over the last `days` into the queue. Raises PermissionDenied, AlreadyRunning."""
    policy.require(by, MANAGE, policy.ROOT)
    if running(key):
        raise jobs.AlreadyRunning(key)
    made = Replay.objects.create(policy=key, days=days, by=by)
    jobs.enqueue(JOB, by=by, about=str(made.pk))
    audit.record(by, MANAGE, f"replay {key} {days}")
    return made


def running(key: str) -> JobRun | None:
    """The job of this policy's replay that is queued or running."""
    waiting = [str(pk) for pk in Replay.objects.filter(policy=key, done=None).values_list("pk", flat=True)[:20]]
    active = JobRun.objects.filter(key=JOB, about__in=waiting, state__in=[JobRun.State.QUEUED, JobRun.State.RUNNING])
    return active.order_by("-pk").first()
