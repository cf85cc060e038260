from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.listings.shared import unit_filter
from qingdun.inventory.models import Difference
from qingdun.inventory.models.differences import KINDS
from qingdun.inventory.sourcing import sources
from qingdun.web.listing import Action, Column, Listing, States, choice, day
from qingdun.web.marks import Shape, Tone, mark

MARKS: dict[str, tuple[Shape, Tone]] = {
    "open": ("triangle", "bad"),
    "explained": ("diamond", "warn"),
    "closed": ("circle", "ok"),
}


def source_name(key: str) -> str:
    """What a source is called; the register itself for two units' claims to one address."""
    found = sources().get(key)
    return found.title(get_language()) if found else gettext("台账登记")


def source_options(_user: Any) -> list[tuple[str, str]]:
    return [(key, source_name(key)) for key in (*sources(), "register")]


def state_mark(one: Difference) -> SafeString:
    return mark(one.get_state_display(), *MARKS[one.state])


DIFFERENCES: Listing[Difference] = Listing(
    key="inventory.differences",
    title=pgettext_lazy("list", "对账差异"),
    purpose=_("台账与代理清单、扫描、云平台清单不一致的地方；改好、采纳或说明，下次对账一致时自行消除。"),
    permission="inventory.view",
    rows=Difference.objects.visible_to,
    related=("unit",),
    link=lambda one: one.get_absolute_url(),
    columns=(
        Column("name", _("对象"), lambda one: one.name, sort=("name",)),
        Column("kind", _("类别"), lambda one: one.get_kind_display(), sort=("kind", "name")),
        Column("expected", _("台账"), lambda one: one.expected),
        Column("seen", _("来源所见"), lambda one: one.seen),
        Column("unit", _("归属单位"), lambda one: one.unit, sort=("unit__path", "name")),
        Column("source", _("来源"), lambda one: source_name(one.source), sort=("source",)),
        Column("state", _("状态"), state_mark, export=lambda one: one.get_state_display()),
        Column("since", _("发现日期"), lambda one: one.since, "date", sort=("since",)),
        Column("until", _("说明有效至"), lambda one: one.until, "date", shown=False),
        Column("reason", _("说明"), lambda one: one.reason, shown=False),
        Column("closed", _("消除日期"), lambda one: one.closed, "date", shown=False),
    ),
    order=("-since", "-pk"),
    search=("name", "expected", "seen"),
    search_hint=_("主机、地址、内容"),
    filters=(
        unit_filter(),
        choice("kind", _("类别"), KINDS),
        choice("source", _("来源"), source_options),
        day(
            "on",
            _("当日未消除"),
            lambda on: Q(closed=None, since__lte=on) | Q(closed__gt=on, since__lte=on),
            hidden=True,
        ),
    ),
    states=States("state", Difference.State.choices),
    actions=(Action(_("导入清单对账"), "inventory:snapshots", "upload", "inventory.reconcile", primary=True),),
    export="inventory.export",
    empty=_("导入一份代理清单、扫描结果或云平台清单，与台账逐台比对。"),
    icon="scale",
)
