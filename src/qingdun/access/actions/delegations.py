from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions.accounts import offices_of
from qingdun.access.actions.grants import NotLawful, grant, put_an_end
from qingdun.access.core.roles import OFFICES
from qingdun.access.core.terms import months_after
from qingdun.access.models import Account, Delegation, Grant

MONTHS = 3  # at the longest: what is needed for longer is asked for


@transaction.atomic
def delegate(taker: Account, held: Grant | None, starts: date, ends: date, *, by: Account, reason: str) -> Delegation:
    """Lend one of the own grants, or (`held` None) the own approvals, to another account until a day.

    Raises NotLawful for an office, for what is itself lent, for more than is held, and where the taker may not hold it.
    """
    giver = Account.objects.select_related("person").get(pk=by.pk)
    _refuse_terms(giver, taker, starts, ends)
    if held is not None:
        held = Grant.objects.select_for_update(of=("self",)).select_related("unit").get(pk=held.pk)
        _refuse_lending(held, giver, ends)
    lent = Delegation.objects.create(
        giver=giver, taker=taker, grant=held, starts=starts, ends=ends, reason=reason[:200]
    )
    if held is None:
        audit.record(by, "access.delegate", lent, reason)
    else:
        grant(taker, held.role, held.unit, starts, ends, by=by, reason=reason, delegation=lent)
    return lent


@transaction.atomic
def end_delegation(lent: Delegation, *, by: Account, reason: str) -> None:
    """Take it back: by the giver, given back by the taker, or ended by whoever grants over the giver's unit."""
    lent = Delegation.objects.select_for_update(of=("self",)).select_related("giver__person__unit").get(pk=lent.pk)
    if by.pk not in {lent.giver_id, lent.taker_id}:
        policy.require(by, "access.grant", lent)
    if lent.ended or lent.ends < timezone.localdate():
        raise NotLawful(_("这项委托已经终止"))
    Delegation.objects.filter(pk=lent.pk).update(ended=timezone.now(), ended_why=reason[:200])
    put_an_end(Grant.objects.filter(delegation=lent), by=by, reason=reason)
    audit.record(by, "access.end_delegation", lent, reason)


def _refuse_terms(giver: Account, taker: Account, starts: date, ends: date) -> None:
    if giver.person_id == taker.person_id:
        raise NotLawful(_("不能委托给自己的另一个账号"))
    if not taker.is_active or taker.person.left:
        raise NotLawful(_("账号 %s 已停用") % taker)
    if starts < timezone.localdate() or ends < starts:
        raise NotLawful(_("委托的期限须从今天或以后开始，截止日不早于开始日"))
    if ends > (latest := months_after(starts, MONTHS)):
        raise NotLawful(_("委托最长 %(months)s 个月，截止日不得晚于 %(latest)s") % {"months": MONTHS, "latest": latest})
    if offices_of(giver.person_id) or offices_of(taker.person_id):
        raise NotLawful(_("三员不得委托，也不得受托；需要替补时请任命第二人"))


def _refuse_lending(held: Grant, giver: Account, ends: date) -> None:
    if held.account_id != giver.pk:
        raise NotLawful(_("只能委托自己持有的授权"))
    if held.delegation_id is not None:
        raise NotLawful(_("受托得来的权限不得再转委托"))
    if held.role in OFFICES:
        raise NotLawful(_("三员的权限不得委托"))
    if held.ended or held.ends < timezone.localdate():
        raise NotLawful(_("这项授权已经终止"))
    if ends > held.ends:
        raise NotLawful(_("委托不得长于自己的授权（到 %s）") % held.ends)
