from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.models import Grant, Unit
from qingdun.access.roster import roles
from qingdun.web.listing import Filter


def units_of(user: Any, permission: str = "access.view") -> list[Unit]:
    """The units a reader may look into, in the order of the tree."""
    return list(Unit.objects.filter(policy.scope(user, permission).q("path")))


def unit_filter(field: str) -> Filter:
    """One unit with everything below it; `field` leads from a row to the unit."""

    def narrow(code: str) -> Q:
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            raise ValueError(_("没有代码为“%s”的单位。") % code)
        return Q(**{f"{field}__path__startswith": unit.path})

    return Filter("unit", gettext_lazy("单位"), "choice", narrow, lambda user: indented(units_of(user)))


def role_filter(narrow: Any) -> Filter:
    return Filter("role", gettext_lazy("角色"), "choice", narrow, lambda _user: role_options())


def role_options(*, officers: bool = True) -> list[tuple[str, str]]:
    """Keys and names of the roles, in the reader's language."""
    language = get_language()
    return [(key, one.title(language)) for key, one in roles().items() if officers or not one.officer]


def indented(units: Iterable[Unit]) -> list[tuple[str, str]]:
    """Codes and names, deeper units set in."""
    found = list(units)
    top = min((unit.path.count("/") for unit in found), default=0)
    return [(unit.code, "　" * (unit.path.count("/") - top) + str(unit)) for unit in found]


def until(one: Grant, today: date) -> str:
    """When a grant holds, in words."""
    if one.starts > today:
        return _("%(starts)s 起，到 %(ends)s") % {"starts": one.starts, "ends": one.ends}
    return _("到 %s") % one.ends
