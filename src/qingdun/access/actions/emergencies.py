"""Emergency access (破窗): for minutes, named, agreed to by two, marked in the audit, reviewed afterwards."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions.accounts import offices_of
from qingdun.access.actions.grants import NotLawful, title_of
from qingdun.access.core.roles import POWER
from qingdun.access.models import Account, Emergency, Grant, Person, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.lib import environment

MOST = 240  # minutes; an installation may choose less, never more


def minutes_allowed() -> int:
    """The ceiling of this installation, `$QINGDUN_EMERGENCY_MINUTES`."""
    return min(MOST, environment.number("QINGDUN_EMERGENCY_MINUTES", 30, least=1))


def refuse_emergency(account: Account, power: str, unit: Unit, minutes: int) -> None:
    """Raise NotLawful for what no emergency gives: power over power, officers' roles, an officer as its holder."""
    if power not in all_permissions() and power not in roles():
        raise NotLawful(_("没有权限或角色 %s") % power)
    given = roles()[power].may if power in roles() else {power}
    if any(key.startswith(POWER) for key in given):
        raise NotLawful(_("应急授权不含账号、授权与审计的权限"))
    if offices_of(account.person_id):
        raise NotLawful(_("三员不得接触业务，也不得以应急为由"))
    if not account.is_active or account.person.left:
        raise NotLawful(_("账号 %s 已停用") % account)
    if power in roles() and unit.level not in roles()[power].levels:
        words = {"role": title_of(power), "level": unit.get_level_display()}
        raise NotLawful(_("%(role)s不得授予到%(level)s单位") % words)
    if not 1 <= minutes <= minutes_allowed():
        raise NotLawful(_("应急授权须在 1 至 %s 分钟之间") % minutes_allowed())
    _refuse_beside(account, power)


@transaction.atomic
def start_emergency(
    account: Account, power: str, unit: Unit, minutes: int, *, by: tuple[Account, Account], reason: str
) -> Emergency:
    """Begin now. `power` is a permission or a role, `by` the two who agreed; neither is the holder."""
    Person.objects.select_for_update(of=("self",)).get(pk=account.person_id)
    refuse_emergency(account, power, unit, minutes)
    if len({account.person_id, *(one.person_id for one in by)}) != 3:
        raise NotLawful(_("应急授权须由本人以外的两人批准"))
    now = timezone.now()
    emergency = Emergency.objects.create(
        number=_number(now.astimezone(timezone.get_current_timezone()).strftime("%Y%m%d")),
        account=account,
        permission="" if power in roles() else power,
        role=power if power in roles() else "",
        unit=unit,
        starts=now,
        ends=now + timedelta(minutes=minutes),
        reason=reason[:200],
    )
    policy.forget(account)
    audit.record(by[-1], "access.emergency", emergency, reason)
    return emergency


@transaction.atomic
def stop_emergency(emergency: Emergency, *, by: Account, reason: str = "") -> None:
    """End it before its time: the holder himself, or whoever grants there."""
    found = Emergency.objects.select_for_update(of=("self",)).select_related("account", "unit").get(pk=emergency.pk)
    if found.account_id != by.pk:
        policy.require(by, "access.grant", found)
    now = timezone.now()
    if found.over <= now:
        raise NotLawful(_("应急授权 %s 已经结束") % found)
    Emergency.objects.filter(pk=found.pk).update(stopped=now)
    audit.record(by, "access.end_emergency", found, reason)


@transaction.atomic
def review_emergency(emergency: Emergency, conclusion: str, *, by: Account) -> None:
    """Say afterwards what was done under it and whether it was right. Not by its holder, once, when it is over."""
    found = Emergency.objects.select_for_update(of=("self",)).select_related("account", "unit").get(pk=emergency.pk)
    policy.require(by, "access.review", found)
    if found.account.person_id == by.person_id:
        raise NotLawful(_("不得复盘自己的应急授权"))
    if found.over > timezone.now():
        raise NotLawful(_("应急授权 %s 还没有结束") % found)
    if found.reviewed:
        raise NotLawful(_("应急授权 %s 已经复盘") % found)
    Emergency.objects.filter(pk=found.pk).update(reviewed=timezone.now(), reviewer=by, review=conclusion[:400])
    audit.record(by, "access.review", found, conclusion)


def _number(day: str) -> str:
    """YJ-20261122-01: one series a day. The root's row is locked, so that two at once do not take one number."""
    Unit.objects.select_for_update().filter(parent=None).first()
    taken = Emergency.objects.filter(number__startswith=f"YJ-{day}-").count()
    return f"YJ-{day}-{taken + 1:02}"


def _refuse_beside(account: Account, power: str) -> None:
    """A role lent for minutes may not meet one it excludes, as any other role."""
    if power not in roles():
        return
    today = timezone.localdate()
    held = Grant.objects.filter(account__person=account.person_id).in_force(today).values_list("role", flat=True)
    for other in sorted(set(held) & set(roles())):
        if not roles()[power].meets(roles()[other]):
            both = {"person": account.person, "held": title_of(other), "wanted": title_of(power)}
            raise NotLawful(_("%(person)s 已是%(held)s，同一自然人不得兼任%(wanted)s") % both)
