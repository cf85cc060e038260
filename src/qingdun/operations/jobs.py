"""What blocking does by the clock."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.operations import actions, replaying
from qingdun.operations.models import Enforcer, Replay
from qingdun.web.jobs import Progress, job


@job("operations.expire", _("结束到期的封禁"), cron="* * * * *")
def expire(progress: Progress) -> None:
    """The enforcing process does it to the moment; this holds where none runs."""
    ended = actions.expire(timezone.now())
    progress(ended, ended)


@job("operations.read_back", _("核对各封禁设备上的名单"), cron="40 4 * * *")
def read_back(progress: Progress) -> None:
    """Ask for a reading of every device that is on; the enforcing process does it and repairs what differs."""
    devices = list(Enforcer.objects.filter(on=True))
    for number, one in enumerate(devices, 1):
        actions.read_back(one, by=None)
        progress(number, len(devices), one.name)


@job("operations.replay", _("回放封禁策略"), about=True)
def replay(progress: Progress, about: str) -> None:
    """What a policy would have done with the last days; asked for on its page."""
    replaying.run(Replay.objects.get(pk=int(about)), progress)
