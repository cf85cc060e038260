"""The list of log sources: what has appeared by itself stands on top until somebody registers it."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.lib.indicator import percent
from qingdun.logs.core.freshness import Freshness, freshness
from qingdun.logs.known import name_of
from qingdun.logs.models import HourTally, Source
from qingdun.web.listing import Action, Column, Listing, choice, flag
from qingdun.web.marks import badge, mark, pair


def with_today(user: Any) -> QuerySet[Any]:
    """The sources a reader may see, each with its lines and unread lines since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    hours = HourTally.objects.filter(source=OuterRef("pk"), hour__gte=midnight).order_by().values("source")

    def summed(name: str) -> Coalesce:
        return Coalesce(Subquery(hours.annotate(total=Sum(name)).values("total")), 0, output_field=BigIntegerField())

    return Source.objects.visible_to(user).annotate(today=summed("lines"), today_unread=summed("unread"))


def state_of(source: Source) -> SafeString:
    """How long ago it was heard, as a mark: its shape tells as much as its colour."""
    words = {
        Freshness.LIVE: (gettext("正常"), "circle", "ok"),
        Freshness.LATE: (gettext("迟到"), "triangle", "warn"),
        Freshness.SILENT: (gettext("静默"), "square", "bad"),
        Freshness.NEVER: (gettext("从未收到"), "ring", "plain"),
    }
    return mark(*words[freshness(source.last_seen, source.silent_after, timezone.now())])  # type: ignore[arg-type]


def _name(source: Source) -> SafeString:
    below = source.address or source.get_via_display()
    return pair(source.name, below)


def _registered(source: Source) -> SafeString:
    return badge(gettext("已登记")) if source.registered else badge(gettext("待登记"), "warn")


def _today(source: Any) -> int:
    lines: int = source.today
    return lines


def _unread(source: Any) -> str:
    return percent(source.today_unread, source.today) if source.today else "—"


def _units(user: Any) -> list[tuple[str, Any]]:
    units = Unit.objects.filter(policy.scope(user, "logs.view_sources").q("path"))
    return [(unit.code, unit) for unit in units]


SOURCES: Listing[Source] = Listing(
    key="logs.sources",
    title=_("日志来源"),
    purpose=_("谁在发日志、发得是否正常、读懂了多少。首次收到的来源排在最前，等待登记。"),
    permission="logs.view_sources",
    rows=with_today,
    related=("unit",),
    columns=(
        Column("name", _("名称"), _name, sort=("name",), export=lambda source: source.name),
        Column("registered", _("登记"), _registered, sort=("registered",), export=lambda source: source.registered),
        Column("state", _("状态"), state_of, export=lambda source: str(source.last_seen or "")),
        Column("last_seen", _("最近收到"), lambda source: source.last_seen, "time", sort=("last_seen",)),
        Column("today", _("今日行数"), _today, "number", sort=("today",)),
        Column("unread", _("今日未识别"), _unread, "number", sort=("today_unread",)),
        Column("via", _("接入方式"), lambda source: source.get_via_display(), sort=("via",)),
        Column("format", _("格式"), lambda source: name_of(source.format) or gettext("自动识别")),
        Column("unit", _("归属单位"), lambda source: source.unit, sort=("unit__path",)),
        Column("address", _("地址"), lambda source: source.address, "code", sort=("address",), shown=False),
    ),
    link=lambda source: reverse("logs:source", args=[source.pk]),
    order=("registered", "name"),
    search=("name", "address"),
    search_hint=_("名称、地址"),
    filters=(
        choice("via", _("接入方式"), Source.Via.choices),
        choice("unit", _("单位"), _units, field="unit__code"),
        flag("new", _("只看待登记"), Q(registered=False)),
    ),
    actions=(Action(_("登记来源"), "logs:source_new", "plus", "logs.manage_sources", primary=True),),
    export="logs.view_sources",
    icon="radio-tower",
    empty=_("让设备把 Syslog 发到本机，来源会自己出现在这里；也可以先登记。"),
    template="logs/sources.html",
)
