from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access.models import Unit
from qingdun.access.policy import Scope
from qingdun.access.tree import successor
from qingdun.inventory.models import units_open_to
from qingdun.inventory.models.register import of_units
from qingdun.web.listing import Filter, choice, day


def unit_filter(field: str = "unit") -> Filter:
    """One unit with everything below it, by its code. An unknown code finds nothing, as one outside the scope does:

    else the difference would tell which units exist.
    """

    def narrow(code: str) -> Q:
        unit = successor(code)
        return of_units(Q(path__startswith=unit.path), field) if unit else Q(pk__in=[])

    return Filter("unit", gettext_lazy("单位"), "choice", narrow, unit_options)


def held_filter(model: Any) -> Filter:
    """`code@day`: what stood in the unit or below it on that day, wherever it is today. Figures' links bring it."""

    def narrow(value: str) -> Q:
        code, _at, day = value.partition("@")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise ValueError(_("“%s”不是日期，请写成 2026-01-31 这样。") % day) from None
        unit = Unit.objects.filter(code=code).first()
        if unit is None:
            return Q(pk__in=[])
        return Q(pk__in=model.objects.held(Scope("inventory.view", (unit.path,)), on).values("pk"))

    return Filter("unit_at", gettext_lazy("当日归属"), "hidden", narrow)


def unit_options(user: Any) -> list[tuple[str, str]]:
    """Codes and names of the units a reader may see, deeper ones set in."""
    units = units_open_to(user).filter(ended=None).values_list("code", "path", "short_name", "name")
    depths = [path.count("/") for _code, path, _short, _name in units]
    top = min(depths, default=0)
    return [
        (code, "　" * (depth - top) + (short or name))
        for (code, _path, short, name), depth in zip(units, depths, strict=True)
    ]


def on_filter(since: str = "registered") -> Filter:
    """What stood in the register on a day; the figures' links bring it."""
    return day(
        "on",
        gettext_lazy("当日在用"),
        lambda on: Q(**{f"{since}__lte": on}) & (Q(retired=None) | Q(retired__gt=on)),
        hidden=True,
    )


def zone_filter(zones: list[tuple[str, Any]]) -> Filter:
    return choice("zone", gettext_lazy("网络区域"), zones)
