"""What this room does by the clock."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from qingdun import notify
from qingdun.access import approvals
from qingdun.access.approvals import NotPossible
from qingdun.access.core.standing import State
from qingdun.access.models import Account, Approval
from qingdun.lib.workdays import add_workdays, is_workday
from qingdun.powers import audit_jobs as audit_jobs
from qingdun.powers.nightly import holders
from qingdun.web.jobs import Progress, job

REMINDER = "powers.reminder"
STUCK = "powers.stuck"


@job("powers.approvals_clock", _("审批到期与改派"), cron="10 * * * *")
def clock(progress: Progress) -> None:
    """End what its requester forgot, and move what lies on an empty desk to one where somebody sits."""
    today = timezone.localdate()
    late = list(Approval.objects.filter(state=State.SUPPLEMENT, due__lt=today))
    waiting = list(Approval.objects.filter(state=State.WAITING))
    for number, one in enumerate([*late, *waiting], 1):
        with suppress(NotPossible):  # its requester was quicker
            approvals.expire(one) if one.state == State.SUPPLEMENT else approvals.reseat(one)
        progress(number, len(late) + len(waiting))


@job("powers.approvals_remind", _("审批催办"), cron="40 8 * * *")
def remind(progress: Progress) -> None:
    """On working days: tell each decider once what is due by the next working day, each requester what he owes.

    What nobody can decide is told to who makes accounts.
    """
    today = timezone.localdate()
    if not is_workday(today):
        return
    soon = Approval.objects.open().filter(due__lte=add_workdays(today, 1).day).select_related("requester", "desk")
    desks: dict[Account, list[Approval]] = defaultdict(list)
    with transaction.atomic():
        for number, one in enumerate(rows := list(soon), 1):
            if one.state == State.SUPPLEMENT:
                title = format_lazy("{} {}：{}", _("请补正，期限"), one.due, one.rule["name"])
                notify.send([one.requester], REMINDER, title, text=one.title, link=one.get_absolute_url())
            for account in approvals.deciders(one) if one.state == State.WAITING else ():
                desks[account].append(one)
            progress(number, len(rows))
        for one in Approval.objects.filter(state=State.WAITING).select_related("desk"):
            if not approvals.deciders(one):
                title = format_lazy("{}：{}", _("有申请没有人能审，请登记或任命审核人"), one.rule["name"])
                notify.send(holders("access.create"), STUCK, title, text=one.title)
        for account, due in desks.items():
            notify.send([account], REMINDER, _title(due), link=reverse("powers:inbox"))


def _title(due: list[Approval]) -> Promise:
    late = sum(one.due < timezone.localdate() for one in due if one.due)
    if late:
        return format_lazy(_("等您审核的申请中，{late} 件已逾期，{more} 件快到期"), late=late, more=len(due) - late)
    return format_lazy(_("等您审核的申请中，{number} 件快到期"), number=len(due))


from qingdun.powers import nightly  # noqa: E402, F401 (its jobs are this room's as well)
