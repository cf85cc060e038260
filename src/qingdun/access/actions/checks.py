"""The nightly look at what each account and each natural person hold together."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from qingdun import audit
from qingdun.access.core.roles import Role
from qingdun.access.core.union import faults
from qingdun.access.models import Account, Emergency, Grant, PowerCheck
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

KEPT = 400  # checks: more than a year of nights


@transaction.atomic
def check_powers() -> PowerCheck:
    """Add up what everybody holds now and keep the result. A disabled account counts: it may be enabled."""
    accounts = {one.pk: one for one in Account.objects.select_related("person__unit")}
    held, extra = _held()
    problems: list[dict[str, Any]] = []
    widest = 0
    by_person: dict[int, list[int]] = defaultdict(list)
    for pk, account in accounts.items():
        by_person[account.person_id].append(pk)
        problems += _problems("account", str(account), account, held[pk], extra[pk])
    for keys in by_person.values():
        mine = [role for key in keys for role in held[key]]
        more = frozenset().union(*(extra[key] for key in keys))
        widest = max(widest, len(more.union(*(role.may for role in mine))))
        if len(keys) > 1:
            person = accounts[keys[0]].person
            problems += _problems("person", str(person), accounts[keys[0]], mine, more)
    check = PowerCheck.objects.create(
        people=len(by_person),
        accounts=len(accounts),
        widest=widest,
        permissions=len(all_permissions()),
        problems=problems,
    )
    PowerCheck.objects.filter(pk__in=PowerCheck.objects.values("pk")[KEPT:]).delete()
    if problems:
        audit.record(None, "access.check_powers", check, changes={"problems": (0, len(problems))})
    return check


def _held() -> tuple[dict[int, list[Role]], dict[int, frozenset[str]]]:
    """By account: the roles in force and the permissions lent for an emergency."""
    held: dict[int, list[Role]] = defaultdict(list)
    extra: dict[int, frozenset[str]] = defaultdict(frozenset)
    today = timezone.localdate()
    rows = Grant.objects.standing(today).filter(starts__lte=today).order_by()
    for account, key in rows.values_list("account", "role"):
        if key in roles():
            held[account].append(roles()[key])
    for emergency in Emergency.objects.in_force(timezone.now()):
        given = roles()[emergency.role].may if emergency.role in roles() else frozenset({emergency.permission})
        extra[emergency.account_id] |= given
    return held, extra


def _problems(kind: str, name: str, account: Account, held: list[Role], extra: frozenset[str]) -> list[dict[str, Any]]:
    found = faults(held, extra, frozenset(all_permissions()))
    return [
        {"of": kind, "name": name, "account": account.pk, "rule": rule, "about": list(about)} for rule, about in found
    ]
