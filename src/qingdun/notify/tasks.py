"""What the queue carries: one delivery, tried until it is taken or given up."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from qingdun.lib.faults import BrokenContent
from qingdun.notify.channels import NotDelivered, carry, channels
from qingdun.notify.core.channels import Channel, wait_after
from qingdun.notify.models import Delivery

State = Delivery.State
FORGOTTEN = timedelta(minutes=30)  # past its time by this much, the worker that had it is gone
KEPT = timedelta(days=183)


@task()
def deliver(pk: int) -> None:
    """One try of one delivery. Nothing happens when it is done already or not yet due."""
    asked = Delivery.objects.filter(pk=pk, state=State.WAITING, due__lte=timezone.now()).first()
    if asked is None:
        return
    try:
        carry(_channel(asked.channel), asked.title, asked.body)
    except NotDelivered as error:
        _again(asked, str(error))
    else:
        Delivery.objects.filter(pk=pk).update(state=State.SENT, done=timezone.now(), problem="")


def _channel(key: str) -> Channel:
    try:
        return channels()[key]
    except KeyError:
        raise NotDelivered("这个通道已经不在了") from None
    except BrokenContent as error:
        raise NotDelivered(f"通道文件不可用：{error.faults[0]}"[:300]) from None


def _again(asked: Delivery, problem: str) -> None:
    failures = asked.failures + 1
    wait = wait_after(failures)
    rows = Delivery.objects.filter(pk=asked.pk)
    if wait is None:
        rows.update(state=State.FAILED, failures=failures, problem=problem, done=timezone.now())
        return
    due = timezone.now() + wait
    rows.update(failures=failures, problem=problem, due=due)
    deliver.using(run_after=due).enqueue(asked.pk)


def tidy() -> tuple[int, int]:
    """Take up again what a killed worker dropped, and forget old deliveries: (taken up, forgotten)."""
    now = timezone.now()
    dropped = list(Delivery.objects.filter(state=State.WAITING, due__lt=now - FORGOTTEN).values_list("pk", flat=True))
    for pk in dropped:
        deliver.enqueue(pk)
    forgotten, _rows = Delivery.objects.filter(asked__lt=now - KEPT).exclude(state=State.WAITING).delete()
    return len(dropped), forgotten
