from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.core.roles import OFFICES
from qingdun.access.core.terms import months_after
from qingdun.access.models import Account, Delegation, Grant, Person, Unit
from qingdun.access.roster import roles


class NotLawful(Exception):
    """The act breaks a rule about power; the text names it and is shown as it stands."""


@transaction.atomic
def grant(
    account: Account,
    role: str,
    unit: Unit,
    starts: date,
    ends: date,
    *,
    by: Account | None,
    reason: str,
    appointed: bool = False,
    delegation: Delegation | None = None,
) -> Grant:
    """Give a role over a subtree for a term. Raises NotLawful, naming the rule, when the person may not hold it there.

    `by` None is the platform itself; `appointed`: two officers agreed to an office; `delegation`: what it is lent by.
    """
    if by is not None and delegation is None:
        _refuse_beyond_giver(by, account, role, unit, appointed)
    refuse_unlawful(account, role, unit, starts, ends)
    given = Grant.objects.create(
        account=account,
        role=role,
        unit=unit,
        starts=starts,
        ends=ends,
        reason=reason[:200],
        delegation=delegation,
    )
    policy.forget(account)
    audit.record(by, "access.delegate" if delegation else "access.grant", given, reason)
    return given


@transaction.atomic
def end_grant(given: Grant, *, by: Account | None, reason: str, removed: bool = False) -> None:
    """End a grant at once, with all that was lent of it. `removed`: two officers agreed to take an office away.

    Raises NotLawful for an office otherwise, for the own grant of whoever gives, and for the last holder of an office.
    """
    given = Grant.objects.select_for_update(of=("self",)).select_related("account__person", "unit").get(pk=given.pk)
    if given.ended or given.ends < timezone.localdate():
        raise NotLawful(_("这项授权已经终止"))
    if by is not None and not removed:
        policy.require(by, "access.grant", given)
        if given.role in OFFICES:
            raise NotLawful(_("三员的任免须由另外两员会签，不能直接收回"))
        if given.account.person_id == by.person_id:
            raise NotLawful(_("不得处理自己的授权"))
    if given.role in OFFICES:
        refuse_last(given.role, given.account.person_id)
    put_an_end(Grant.objects.filter(pk=given.pk), by=by, reason=reason)


def put_an_end(rows: QuerySet[Grant], *, by: Account | None, reason: str) -> list[Grant]:
    """End these grants and the delegations of them, each on record. Whoever calls has asked for the permission."""
    ended = list(rows.filter(ended=None).select_related("account", "unit"))
    lent = list(Delegation.objects.filter(grant__in=ended, ended=None))
    now = timezone.now()
    Delegation.objects.filter(pk__in=[one.pk for one in lent]).update(ended=now, ended_why=reason[:200])
    derived = Grant.objects.filter(delegation__in=lent, ended=None)
    ended += list(derived.select_related("account", "unit"))
    Grant.objects.filter(pk__in=[one.pk for one in ended]).update(ended=now, ended_why=reason[:200])
    for one in ended:
        audit.record(by, "access.end_grant", one, reason)
    return ended


def refuse_last(office: str, person: int) -> None:
    """Raise NotLawful when nobody but this person holds the office. The holders are locked: two cannot go at once."""
    today = timezone.localdate()
    held = Grant.objects.select_for_update(of=("self",)).filter(role=office).in_force(today)
    if not any(one.account.person_id != person for one in held.select_related("account")):
        raise NotLawful(_("%s只剩这一人，请先任命继任者") % title_of(office))


def refuse_unlawful(account: Account, role: str, unit: Unit, starts: date, ends: date) -> None:
    """Raise NotLawful when the role cannot be held there, so long, or beside what the person holds.

    The person's row is locked, so that two grants at once cannot each find the other absent.
    """
    if role not in roles():
        raise NotLawful(_("没有角色 %s") % role)
    if unit.ended:
        raise NotLawful(_("%s已撤销，不能再授予权限") % unit)
    if ends < starts:
        raise NotLawful(_("截止日 %(ends)s 早于生效日 %(starts)s") % {"ends": ends, "starts": starts})
    if ends > (latest := months_after(starts, roles()[role].months)):
        given = {"role": title_of(role), "months": roles()[role].months, "latest": latest}
        raise NotLawful(_("%(role)s一次最多授予 %(months)s 个月，截止日不得晚于 %(latest)s") % given)
    if unit.level not in roles()[role].levels:
        given = {"role": title_of(role), "level": unit.get_level_display()}
        raise NotLawful(_("%(role)s不得授予到%(level)s单位") % given)
    if unit.ended and unit.ended <= starts:
        raise NotLawful(_("%s 已撤销") % unit)
    holder = Person.objects.select_for_update(of=("self",)).get(pk=account.person_id)
    if holder.left and holder.left <= starts:
        raise NotLawful(_("%s 已离任") % holder)
    _refuse_beside(holder, role, starts, ends)
    if Grant.objects.filter(account=account, role=role, unit=unit, starts=starts, ended=None).exists():
        raise NotLawful(_("同一账号、角色、范围、生效日的授权已经有了"))


def title_of(role: str) -> str:
    """The role's name in the reader's language; its key when the file is gone."""
    return roles()[role].title(get_language()) if role in roles() else role


def _refuse_beside(holder: Person, role: str, starts: date, ends: date) -> None:
    held = Grant.objects.filter(account__person=holder).overlapping(starts, ends).values_list("role", flat=True)
    for other in sorted(set(held) & set(roles())):
        if not roles()[role].meets(roles()[other]):
            both = {"person": holder, "held": title_of(other), "wanted": title_of(role)}
            raise NotLawful(_("%(person)s 已是%(held)s，同一自然人不得兼任%(wanted)s") % both)


def _refuse_beyond_giver(by: Account, account: Account, role: str, unit: Unit, appointed: bool) -> None:
    if account.person_id == by.person_id:
        raise NotLawful(_("不得给自己授权"))
    if appointed:
        policy.require(by, "access.appoint")
        return
    policy.require(by, "access.grant")
    if role in OFFICES:
        raise NotLawful(_("三员的任免须由另外两员会签，不能直接授予"))
    if not policy.may(by, "access.grant", unit):
        raise NotLawful(_("%s 超出授权人自己的范围") % unit)
