"""Who is told when an approval moves: those who can decide it next, and at its end who asked and whom it is for."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from qingdun import notify
from qingdun.access import approvals
from qingdun.access.core.standing import State, Verdict
from qingdun.access.models import Account, Approval, ApprovalEvent
from qingdun.access.models.approvals import STATES

What = ApprovalEvent.What
KIND = "powers.approval"
ENDINGS = {What.EXPIRED, What.GIVEN_BACK, *Verdict}


@approvals.watches
def tell(approval: Approval, what: str) -> None:
    if what == What.WANTED:
        _send([approval.requester], _("请补正"), approval)
    elif what == What.EXTENDED:
        _send([approval.requester], _("审核延期"), approval)
    elif not approval.standing.open and what in ENDINGS:
        _send(_concerned(approval), dict(STATES)[State(approval.state)], approval)
    elif approval.state == State.WAITING and _comes_to_a_desk(approval, what):
        _send(approvals.deciders(approval), _("待您审核"), approval)


def _comes_to_a_desk(approval: Approval, what: str) -> bool:
    """Not again for those who have it already: the second of two deciders was told with the first."""
    return what in (What.ASKED, What.SUPPLIED, approvals.RESEATED) or (what == Verdict.AGREE and not approval.agreed)


def _concerned(approval: Approval) -> Iterable[Account]:
    about = Account.objects.filter(person__approvals_about__approval=approval, is_active=True)
    return [approval.requester, *about]


def _send(accounts: Iterable[Account], what: str | Promise, approval: Approval) -> None:
    """The title may leave the platform, so it names the kind only; what it is about stands in the text."""
    title = format_lazy("{}：{} {}", what, approval.rule["name"], approval.pk)
    notify.send(accounts, KIND, title, text=f"{approval.title}。{approval.reason}", link=approval.get_absolute_url())
