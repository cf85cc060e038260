from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Grant, Person, Unit
from qingdun.access.roster import roles
from qingdun.lib import environment

#: The first officers' term: long enough for a bureau to appoint its own, and it ends like every other.
FIRST_TERM = timedelta(days=3 * 365)
UNMISTAKABLE = "abcdefghijkmnpqrstuvwxyz23456789"  # neither l and 1 nor o and 0: these passwords are read off a screen


class NotLawful(Exception):
    """The grant breaks a rule; the text names it and is shown as it stands."""


@transaction.atomic
def create_unit(
    code: str, name: str, level: str, parent: Unit | None, *, by: Account | None, short_name: str = ""
) -> Unit:
    """Add a unit below `parent`. `by` None is the platform itself (first start, sample). Raises ValidationError."""
    if by is not None:
        policy.require(by, "inventory.edit", parent or policy.ROOT)
    path = f"{parent.path if parent else policy.ROOT}{code}/"
    unit = Unit(code=code, name=name, short_name=short_name, level=level, parent=parent, path=path)
    unit.full_clean()
    unit.save()
    audit.record(by, "access.create_unit", unit)
    return unit


@transaction.atomic
def create_account(
    username: str, person: Person, password: str, *, by: Account | None, must_change: bool = True
) -> Account:
    """Open an account for a person. The password must be changed at first login unless said otherwise.

    Raises ValidationError for a username or password that breaks the rules.
    """
    if by is not None:
        policy.require(by, "access.create", person)
    account = Account(username=username, person=person, must_change_password=must_change)
    validate_password(password, account)
    account.set_password(password)
    account.full_clean()
    account.save()
    audit.record(by, "access.create", account)
    return account


@transaction.atomic
def change_password(account: Account, password: str) -> None:
    """A person's own change. Every other session of the account ends with it. Raises ValidationError."""
    validate_password(password, account)
    account.set_password(password)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    audit.record(account, "access.password", account)


@transaction.atomic
def grant(
    account: Account, role: str, unit: Unit, starts: date, ends: date, *, by: Account | None, reason: str
) -> Grant:
    """Give a role over a subtree for a term. Raises NotLawful when the person may not hold it beside the others."""
    if by is not None:
        policy.require(by, "access.grant", unit)
    if role not in roles():
        raise NotLawful(_("没有角色 %s") % role)
    if ends < starts:
        raise NotLawful(_("截止日 %(ends)s 早于生效日 %(starts)s") % {"ends": ends, "starts": starts})
    _refuse_unlawful(account.person_id, role, starts, ends)
    given = Grant.objects.create(account=account, role=role, unit=unit, starts=starts, ends=ends)
    account.grants_read = None
    audit.record(by, "access.grant", given, reason)
    return given


def _refuse_unlawful(person: int, role: str, starts: date, ends: date) -> None:
    """The person's row is locked, so that two grants at once cannot each find the other absent."""
    holder = Person.objects.select_for_update().get(pk=person)
    held = Grant.objects.filter(account__person=holder).overlapping(starts, ends).values_list("role", flat=True)
    for other in sorted(set(held) & set(roles())):
        if not roles()[role].meets(roles()[other]):
            both = {"person": holder, "held": _title(other), "wanted": _title(role)}
            raise NotLawful(_("%(person)s 已是%(held)s，同一自然人不得兼任%(wanted)s") % both)


def _title(role: str) -> str:
    return roles()[role].title(get_language())


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


def _officer(role: str, name: str, root: Unit) -> tuple[Account, str]:
    password = "-".join("".join(secrets.choice(UNMISTAKABLE) for _ in range(4)) for _ in range(4))
    person = Person.objects.create(name=name, unit=root)
    account = create_account(role, person, password, by=None)
    today = timezone.localdate()
    grant(account, role, root, today, today + FIRST_TERM, by=None, reason="首次启动")
    return account, password
