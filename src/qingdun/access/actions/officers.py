"""The three officers: made at the first start, later appointed and removed by two others of them."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import passwords, policy
from qingdun.access.actions.accounts import create_account
from qingdun.access.actions.grants import NotLawful, end_grant, grant
from qingdun.access.actions.units import create_unit
from qingdun.access.core.roles import OFFICES
from qingdun.access.core.terms import months_after
from qingdun.access.models import Account, Grant, Person, Unit
from qingdun.access.roster import roles
from qingdun.lib import environment

#: The first officers' term: long enough for a bureau to appoint its own, and it ends like every other.
FIRST_TERM = timedelta(days=3 * 365)


@transaction.atomic
def first_officers() -> list[tuple[Account, str]]:
    """The three officers of a fresh installation with their one-time passwords, which nobody can ever read again.

    Each must be changed at first login. Does nothing, and returns nothing, once any account exists.
    """
    if Account.objects.exists():
        return []
    city = environment.text("QINGDUN_CITY", "本市")
    root = Unit.objects.filter(parent=None).first() or create_unit("city", city, Unit.Level.CITY, None, by=None)
    return [_officer(role.key, role.name, root) for role in roles().values() if role.officer]


@transaction.atomic
def appoint(account: Account, office: str, *, by: tuple[Account, Account], reason: str) -> Grant:
    """Make somebody an officer for the longest term. Two officers of different offices agreed; neither is he."""
    _refuse_cosigners(by, account, office)
    root, today = Unit.objects.get(parent=None), timezone.localdate()
    ends = months_after(today, roles()[office].months)
    return grant(account, office, root, today, ends, by=by[-1], reason=reason, appointed=True)


@transaction.atomic
def dismiss(given: Grant, *, by: tuple[Account, Account], reason: str) -> None:
    """Take an office away. Two officers of different offices agreed; neither is he, and somebody else holds it."""
    _refuse_cosigners(by, given.account, given.role)
    end_grant(given, by=by[-1], reason=reason, removed=True)


def _refuse_cosigners(by: tuple[Account, Account], account: Account, office: str) -> None:
    if office not in OFFICES:
        raise NotLawful(_("%s 不是三员") % office)
    for one in by:
        policy.require(one, "access.appoint")
    if account.person_id in {one.person_id for one in by} or len({one.person_id for one in by}) < len(by):
        raise NotLawful(_("三员的任免须由本人以外的两名三员会签"))
    if len({one.office for one in by}) < len(by):
        raise NotLawful(_("会签的两名三员须属不同岗位"))


def _officer(role: str, name: str, root: Unit) -> tuple[Account, str]:
    password = passwords.one_time()
    person = Person.objects.create(name=name, unit=root)
    account = create_account(role, person, password, by=None)
    today = timezone.localdate()
    grant(account, role, root, today, today + FIRST_TERM, by=None, reason="首次启动")
    return account, password
