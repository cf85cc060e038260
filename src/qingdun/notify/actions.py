from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.lib.faults import BrokenContent
from qingdun.notify.channels import channels
from qingdun.notify.models import Delivery, Message

SPOKEN = "zh-hans"  # what is stored is read by people of the bureau, whatever language its sender's page had


def send(
    accounts: Iterable[Account], kind: str, title: str | Promise, *, text: str | Promise, link: str, outside: str
) -> int:
    """See `qingdun.notify.send`."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"消息 {kind} 必须写在事情本身的同一事务中")
    with translation.override(SPOKEN):
        title, text = str(title)[:200], str(text)
    told = {account.pk: account for account in accounts if account.is_active}.values()
    Message.objects.bulk_create(
        Message(account=account, kind=kind, title=title, text=text, link=link) for account in told
    )
    if told:
        _ask_channels(kind, title, "\n".join(part for part in (outside, _address(link)) if part))
    return len(told)


def _ask_channels(kind: str, title: str, body: str) -> None:
    """A broken channel file must not stop the act that is being told; the channels' page shows the fault."""
    from qingdun.notify.tasks import deliver

    try:
        carrying = [channel for channel in channels().values() if channel.carries(kind)]
    except BrokenContent:
        return
    for channel in carrying:
        asked = Delivery.objects.create(channel=channel.key, kind=kind, title=title, body=body, due=timezone.now())
        transaction.on_commit(partial(deliver.enqueue, asked.pk))


def _address(link: str) -> str:
    """The whole address when the installation says under which one it is reached, else nothing: a path helps nobody."""
    return f"{settings.CSRF_TRUSTED_ORIGINS[0]}{link}" if link and settings.CSRF_TRUSTED_ORIGINS else ""


def read(message: Message) -> None:
    """The account opened it; the first time counts."""
    Message.objects.filter(pk=message.pk, read=None).update(read=timezone.now())


def read_all(account: Account) -> int:
    """Everything in the box is read: how many were not."""
    return Message.objects.filter(account=account, read=None).update(read=timezone.now())


@transaction.atomic
def try_channel(key: str, *, by: Account) -> None:
    """Send one harmless line through a channel, so that nobody learns in an emergency that it never worked.

    Raises KeyError for an unknown channel, PermissionDenied, BrokenContent.
    """
    from qingdun.notify.tasks import deliver

    policy.require(by, "notify.channels", channels)
    channel = channels()[key]
    asked = Delivery.objects.create(
        channel=channel.key, kind="notify.try", title="清盾：通道试发，收到即说明通道可用", due=timezone.now()
    )
    audit.record(by, "notify.channels", key)
    transaction.on_commit(partial(deliver.enqueue, asked.pk))
