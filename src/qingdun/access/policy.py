"""The one place that answers "may this account do this, there, today?". Deny by default.

A grant reaches its unit and everything below. A thing without a unit (a log source of the platform, a setting) belongs
to the root, so only a grant at the root reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access.core.roles import Role
from qingdun.access.models import Account, Grant
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

ROOT = "/"


@dataclass(frozen=True, slots=True)
class Scope:
    """范围: the unit subtrees in which one permission holds. Empty means nowhere.

    Paths end with a slash, so that `/city/edu/` is no beginning of `/city/education/`.
    """

    permission: str
    paths: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.paths)

    def covers(self, path: str) -> bool:
        return any(path.startswith(root) for root in self.paths)

    @property
    def everywhere(self) -> bool:
        return ROOT in self.paths

    def q(self, field: str = "unit__path") -> Q:
        """The same scope as a filter; `field` leads from the rows to a unit's path."""
        if self.everywhere:
            return Q()
        allowed = Q(pk__in=[])
        for root in self.paths:
            allowed |= Q(**{f"{field}__startswith": root})
        return allowed


def scope(user: Any, permission: str) -> Scope:
    """Where `user` holds `permission` today. One query for all permissions of a request."""
    paths = {path for role, path in _grants(user) if permission in role.may}
    return Scope(permission, tuple(sorted(paths)))


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
    held = {role.key for role, _path in _grants(user)}
    return tuple(role for key, role in roles().items() if key in held)


def _grants(user: Any) -> tuple[tuple[Role, str], ...]:
    """(role, path) of every grant in force, read once for each account object, that is once a request.

    The root unit's grants reach the platform's own things too. A role whose file is gone gives nothing.
    """
    if not isinstance(user, Account) or not user.is_active:
        return ()
    if user.grants_read is None:
        rows = Grant.objects.filter(account=user).in_force(timezone.localdate())
        user.grants_read = tuple(
            (roles()[key], ROOT if parent is None else path)
            for key, path, parent in rows.values_list("role", "unit__path", "unit__parent")
            if key in roles()
        )
    return user.grants_read
