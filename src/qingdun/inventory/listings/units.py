from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit, UnitPast
from qingdun.inventory.models import Host, System, units_open_to
from qingdun.web.listing import Action, Column, Listing, choice, day, flag
from qingdun.web.marks import pair


def former_names() -> Coalesce:
    """The last name a unit had before its present one, so that it is still found by it."""
    past = UnitPast.objects.filter(unit=OuterRef("pk")).exclude(name=OuterRef("name")).order_by("-until")
    return Coalesce(Subquery(past.values("name")[:1]), Value(""))


def _own(rows: QuerySet[Any]) -> Coalesce:
    """How many of `rows` belong to the unit itself; asked only for the units on the page, over an index alone."""
    own = rows.filter(retired=None, unit=OuterRef("pk")).order_by().values("unit").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(own), 0)


def rows(user: Any) -> QuerySet[Unit]:
    return units_open_to(user).annotate(
        former_names=former_names(), systems_own=_own(System.objects.all()), hosts_own=_own(Host.objects.all())
    )


def standing(on: date) -> Q:
    return (Q(since=None) | Q(since__lte=on)) & (Q(ended=None) | Q(ended__gt=on))


def _name(unit: Unit) -> SafeString:
    """The name over the code; a closed unit says where it went."""
    gone = gettext("已并入%s") % unit.merged_into if unit.merged_into else ""
    return pair(unit.name, f"{unit.code} · {gone}" if gone else unit.code)


UNITS: Listing[Unit] = Listing(
    key="inventory.units",
    title=pgettext_lazy("list", "单位"),
    purpose=_("全市单位的层级树；权限、系统、主机都归到单位。"),
    permission="inventory.view",
    rows=rows,
    related=("parent", "merged_into"),
    link=lambda unit: reverse("inventory:unit", args=[unit.pk]),
    columns=(
        Column("name", _("名称"), _name, sort=("name",), export=lambda unit: unit.name),
        Column("code", _("代码"), lambda unit: unit.code, "code", sort=("code",), shown=False),
        Column("level", _("层级"), lambda unit: unit.get_level_display(), sort=("level", "path")),
        Column("parent", _("上级单位"), lambda unit: unit.parent),
        Column("systems", _("本级系统"), lambda unit: unit.systems_own, "number", sort=("systems_own",)),  # type: ignore[attr-defined]
        Column("hosts", _("本级主机"), lambda unit: unit.hosts_own, "number", sort=("hosts_own",)),  # type: ignore[attr-defined]
    ),
    order=("path",),
    search=("name", "short_name", "code", "former_names"),
    search_hint=_("名称、代码"),
    filters=(
        choice("level", _("层级"), Unit.Level.choices),
        day("on", _("当日存续"), standing, hidden=True),
        flag("gone", _("已撤销或并入"), Q(ended__isnull=False)),
    ),
    actions=(Action(_("登记新单位"), "inventory:unit_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    register="inventory.units",
    unit_path="path",
    empty=_("先登记单位，再把系统和主机归到单位名下。"),
    icon="building-2",
)
