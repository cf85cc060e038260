from __future__ import annotations

from datetime import date

from django.db import transaction

from qingdun import audit
from qingdun.access import policy
from qingdun.access.core.roles import lawful, roles
from qingdun.access.models import Account, Grant, Person, Unit


class NotLawful(Exception):
    """The grant breaks a rule; the text names it and is shown as it stands."""


@transaction.atomic
def create_unit(
    code: str, name: str, level: str, parent: Unit | None, *, by: Account | None, short_name: str = ""
) -> Unit:
    """Add a unit below `parent`. `by` None is the platform itself (first start, sample)."""
    if by is not None:
        policy.require(by, "inventory.edit", parent)
    path = f"{parent.path if parent else '/'}{code}/"
    unit = Unit(code=code, name=name, short_name=short_name, level=level, parent=parent, path=path)
    unit.full_clean()
    unit.save()
    audit.record(by, "inventory.edit", unit)
    return unit


@transaction.atomic
def create_account(
    username: str, person: Person, password: str, *, by: Account | None, must_change: bool = True
) -> Account:
    """Open an account for a person. The password must be changed at first login unless said otherwise."""
    if by is not None:
        policy.require(by, "access.create", person.unit)
    account = Account(username=username, person=person, must_change_password=must_change)
    account.set_password(password)
    account.full_clean()
    account.save()
    audit.record(by, "access.create", account)
    return account


@transaction.atomic
def grant(
    account: Account, role: str, unit: Unit, starts: date, ends: date, *, by: Account | None, reason: str
) -> Grant:
    """Give a role over a subtree for a term. Raises NotLawful when the person may not hold it beside the others."""
    if by is not None:
        policy.require(by, "access.grant", unit)
    if role not in roles():
        raise NotLawful(f"没有角色 {role}")
    held = Grant.objects.filter(account__person=account.person, ends__gte=starts, starts__lte=ends)
    together = {roles()[key] for key in held.values_list("role", flat=True) if key in roles()} | {roles()[role]}
    if not lawful(together):
        names = "、".join(sorted(one.name for one in together))
        raise NotLawful(f"同一自然人不得兼任：{names}")
    given = Grant.objects.create(account=account, role=role, unit=unit, starts=starts, ends=ends)
    audit.record(by, "access.grant", given, reason)
    return given
