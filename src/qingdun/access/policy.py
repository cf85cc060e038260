"""The one place that answers "may this account do this, there, now?". Deny by default.

A grant reaches its unit and everything below. A thing without a unit (a log source of the platform, a setting) belongs
to the root, so only a grant at the root reaches it. An explicit refusal beats every grant. Grants, delegations,
emergencies and refusals of an account are read together, in one query for a whole request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access.core.powers import NOTHING, Powers, within
from qingdun.access.core.roles import Role
from qingdun.access.models import Account, Emergency, Grant, Refusal
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

ROOT = "/"


@dataclass(frozen=True, slots=True)
class Scope:
    """范围: the unit subtrees in which one permission holds, less the refused ones. Empty means nowhere.

    Paths end with a slash, so that `/city/edu/` is no beginning of `/city/education/`.
    """

    permission: str
    paths: tuple[str, ...]
    refused: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths)

    def covers(self, path: str) -> bool:
        return within(path, self.paths) and not within(path, self.refused)

    @property
    def everywhere(self) -> bool:
        return ROOT in self.paths and not self.refused

    def q(self, field: str = "unit__path") -> Q:
        """The same scope as a filter; `field` leads from the rows to a unit's path."""
        if self.everywhere:
            return Q()
        allowed = Q(pk__in=[])
        for root in self.paths:
            allowed |= Q(**{f"{field}__startswith": root})
        if ROOT in self.paths:  # also what belongs to no unit
            allowed = Q()
        for root in self.refused:
            allowed &= ~Q(**{f"{field}__startswith": root})
        return allowed


def scope(user: Any, permission: str) -> Scope:
    """Where `user` holds `permission` now. One query for all permissions of a request."""
    if isinstance(user, Account) and user.narrowed_to is not None and permission not in user.narrowed_to:
        return Scope(permission, ())
    return Scope(permission, *powers(user).reach(permission))


def may(user: Any, permission: str, subject: object | None = None) -> bool:
    """Does `user` hold `permission` over `subject` (anything with `unit_path`; anywhere when None)?"""
    held = scope(user, permission)
    return bool(held) if subject is None else held.covers(getattr(subject, "unit_path", ROOT))


def require(user: Any, permission: str, subject: object | None = None) -> None:
    """Raise PermissionDenied, naming the permission, unless `may`."""
    if not may(user, permission, subject):
        raise PermissionDenied(_("没有权限：%s") % _(all_permissions().get(permission, permission)))


def roles_of(user: Any) -> tuple[Role, ...]:
    """The roles `user` holds today, anywhere: the hats a page shows beside the person's name."""
    held = {role.key for role, _path in powers(user).held}
    return tuple(role for key, role in roles().items() if key in held)


def emergency_of(user: Any) -> str:
    """The number of the emergency access `user` holds now, empty without one."""
    return powers(user).emergency


def forget(user: Account) -> None:
    """Read the powers of this account object anew at the next question: they were just changed."""
    user.powers = None


def powers(user: Any) -> Powers:
    """Everything `user` holds at this moment, read once for each account object, that is once a request.

    The root unit's grants reach the platform's own things too. A role whose file is gone gives nothing.
    """
    if not isinstance(user, Account) or not user.is_active:
        return NOTHING
    if user.powers is None:
        user.powers = _read(user)
    return user.powers


def _read(user: Account) -> Powers:
    now = timezone.now()
    today = timezone.localdate(now)
    grants = _arm(Grant.objects.filter(account=user).in_force(today), "role", F("role"))
    refusals = _arm(Refusal.objects.filter(account=user).in_force(today), "not", F("permission"))
    emergencies = Emergency.objects.filter(account=user).in_force(now)
    lent = _arm(emergencies.exclude(role=""), "role", F("role"), F("number"))
    single = _arm(emergencies.exclude(permission=""), "may", F("permission"), F("number"))
    rows = [
        (kind, key, ROOT if parent is None else path, number)
        for kind, key, path, parent, number in grants.union(lent, single, refusals, all=True)
    ]
    return Powers(
        held=tuple((roles()[key], path) for kind, key, path, _n in rows if kind == "role" and key in roles()),
        single=tuple((key, path) for kind, key, path, _n in rows if kind == "may"),
        refused=tuple((key, path) for kind, key, path, _n in rows if kind == "not"),
        emergency="、".join(sorted({number for *_rest, number in rows if number})),
    )


def _arm(rows: QuerySet[Any], kind: str, key: F, number: F | Value | None = None) -> QuerySet[Any, Any]:
    """One part of the union, every part with the same columns of the same types."""
    text = CharField(max_length=60)
    return rows.order_by().values_list(
        Cast(Value(kind), text), Cast(key, text), "unit__path", "unit__parent", Cast(number or Value(""), text)
    )
