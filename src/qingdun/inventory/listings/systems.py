from __future__ import annotations

from datetime import date
from functools import partial

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.core.stages import Stage
from qingdun.inventory.listings.shared import held_filter, on_filter, unit_filter
from qingdun.inventory.models import STAGES, System
from qingdun.inventory.models.register import was
from qingdun.web.listing import Action, Column, Listing, States, choice, day, flag
from qingdun.web.marks import Shape, Tone, badge, mark, pair

LEVELS = [("1", _("一级")), ("2", _("二级")), ("3", _("三级")), ("4", _("四级")), ("5", _("五级"))]
MARKS: dict[str, tuple[Shape, Tone]] = {
    Stage.PROVISIONED: ("ring", "plain"),
    Stage.READY: ("square", "brand"),
    Stage.SUBMITTED: ("diamond", "warn"),
    Stage.PASSED: ("circle", "ok"),
    Stage.RETIRED: ("square", "plain"),
}


def level_badge(system: System) -> SafeString:
    """The MLPS level in a box; without one it says so."""
    if system.mlps_level is None:
        return badge(gettext("未定级"))
    return badge(dict(LEVELS)[str(system.mlps_level)], "brand" if system.mlps_level < 3 else "warn")


def stage_mark(system: System) -> SafeString:
    return mark(dict(STAGES)[system.stage], *MARKS[system.stage])


def behind_waf(on: date) -> Q:
    return Q(pk__in=System.objects.behind_waf(on).values("pk"))


def waf_gap() -> Q:
    """Facing the Internet today without standing wholly behind the WAF."""
    today = timezone.localdate()
    return Q(retired=None, internet_since__lte=today) & ~behind_waf(today)


SYSTEMS: Listing[System] = Listing(
    key="inventory.systems",
    title=pgettext_lazy("list", "信息系统"),
    purpose=_("每个系统归哪个单位、几级等保、走到上线的哪一步。"),
    permission="inventory.view",
    rows=System.objects.visible_to,
    related=("unit", "operator"),
    link=lambda system: system.get_absolute_url(),
    columns=(
        Column(
            "name",
            _("名称"),
            lambda system: pair(system.name, system.code),
            sort=("name",),
            export=lambda system: system.name,
        ),
        Column("code", _("编号"), lambda system: system.code, "code", sort=("code",), shown=False),
        Column("unit", _("归属单位"), lambda system: system.unit, sort=("unit__path", "code")),
        Column("level", _("等保级别"), level_badge, sort=("mlps_level",), export=lambda system: system.mlps_level),
        Column("stage", _("阶段"), stage_mark, export=lambda system: str(dict(STAGES)[system.stage])),
        Column("since", _("进入阶段"), lambda system: system.stage_since, "date"),
        Column("internet", _("面向互联网"), lambda system: system.internet_since, "date", sort=("internet_since",)),
        Column(
            "portal",
            _("门户网站与集约化平台"),
            lambda system: _("是") if system.is_portal else _("否"),
            sort=("is_portal", "code"),
            shown=False,
        ),
        Column("url", _("访问地址"), lambda system: system.url, shown=False),
        Column("contact", _("联系人"), lambda system: system.contact, shown=False),
    ),
    order=("code",),
    search=("name", "code", "url"),
    search_hint=_("名称、编号、访问地址"),
    filters=(
        unit_filter(),
        choice("level", _("等保级别"), LEVELS, field="mlps_level"),
        flag("facing", _("面向互联网"), Q(internet_since__isnull=False)),
        flag("gap", _("WAF 缺口"), waf_gap),
        flag("portal", _("门户网站与集约化平台"), Q(is_portal=True)),
        on_filter("provisioned"),
        day("facing_by", _("当日面向互联网"), partial(was, System, "internet_since"), hidden=True),
        held_filter(System),
        day("no_waf_by", _("当日未全部纳入 WAF"), lambda on: ~behind_waf(on), hidden=True),
        day("not_submitted_by", _("当日未提测"), lambda on: ~was(System, "submitted", on), hidden=True),
        day("not_passed_by", _("当日未通过测评"), lambda on: ~was(System, "passed", on), hidden=True),
        day("waf_by", _("当日已纳入 WAF"), behind_waf, hidden=True),
        day("ready_by", _("当日已具备上线条件"), partial(was, System, "ready"), hidden=True),
        day("submitted_by", _("当日已提测"), partial(was, System, "submitted"), hidden=True),
        day("passed_by", _("当日已通过测评"), partial(was, System, "passed"), hidden=True),
    ),
    states=States("stage", STAGES),
    actions=(Action(_("登记系统"), "inventory:system_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    register="inventory.systems",
    empty=_("系统在下发云资源时登记。"),
    icon="layers",
)
