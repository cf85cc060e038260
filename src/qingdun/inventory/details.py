"""What the page of one registered thing says: the values; `inventory/detail.html` draws them for every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qingdun.access.models import Unit
from qingdun.access.policy import Scope
from qingdun.inventory.core.stages import WAY
from qingdun.inventory.indicators import BY_KEY, rows_url
from qingdun.inventory.listings.devices import rules_age
from qingdun.inventory.listings.hosts import agent_mark
from qingdun.inventory.listings.sites import waf_mark
from qingdun.inventory.listings.systems import level_badge, stage_mark
from qingdun.inventory.models import STAGES, Agent, Contact, Host, Protection, SecurityDevice, Site, System
from qingdun.web.details import Event, Fact, Kpi, Step, steps
from qingdun.web.listing import Text
from qingdun.web.personal import mark

FIRST = 8  # rows of a neighbour's table; the rest is one click away in its list
UNIT_FIGURES = (
    "systems_provisioned",
    "hosts",
    "agent_coverage",
    "internet_facing_systems",
    "waf_coverage",
    "golive_passed",
)


@dataclass(frozen=True, slots=True)
class Row:
    cells: Sequence[object]
    href: str


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of what belongs to a thing; `url` is the list of all `total` of them."""

    title: str
    headings: Sequence[str]
    rows: list[Row]
    total: int
    url: str
    new_url: str
    empty: str


@dataclass(frozen=True, slots=True)
class Detail:
    subtitle: Text
    facts: list[Fact]
    marks: list[SafeString] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    kpis: list[Kpi] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def of_system(system: System, user: Any) -> Detail:
    return Detail(
        subtitle=system.code,
        marks=[level_badge(system), stage_mark(system)],
        steps=[] if system.retired else steps(STAGES[: len(WAY)], system.stage),
        facts=[
            _unit(system.unit),
            Fact(_("运维单位"), system.operator or _("自行运维")),
            Fact(_("联系人"), system.contact),
            Fact(_("面向互联网"), system.internet_since or _("否")),
            Fact(_("门户网站与集约化平台"), _("是") if system.is_portal else _("否")),
            Fact(_("访问地址"), system.url, href=system.url),
            Fact(_("简介"), system.description, wide=True),
        ],
        events=_events((str(title), getattr(system, stage)) for stage, title in STAGES),
        tables=[_hosts(system, user), _sites(system, user), _contacts(user, system=system)],
    )


def of_host(host: Host, user: Any) -> Detail:
    return Detail(
        subtitle=host.address,
        marks=[agent_mark(host)],
        facts=[
            Fact(_("主地址"), host.address, code=True),
            Fact(_("其他地址"), "  ".join(host.further), code=True),
            Fact(_("网络区域"), host.get_zone_display()),
            Fact(_("操作系统"), host.operating_system),
            Fact(_("信息系统"), host.system, href=host.system.get_absolute_url() if host.system else ""),
            _unit(host.unit),
            Fact(_("代理最近在线"), host.agent_last_seen),
        ],
        tables=[_agents(host)],
        events=_events(
            [(_("登记"), host.registered), (_("安装安全代理"), host.agent_since), (_("停用日期"), host.retired)]
        ),
    )


def of_site(site: Site, user: Any) -> Detail:
    return Detail(
        subtitle=site.url,
        marks=[waf_mark(site)],
        facts=[
            Fact(_("首页地址"), site.url, href=site.url),
            Fact(_("ICP 备案号"), site.filing_number),
            Fact(_("信息系统"), site.system, href=site.system.get_absolute_url()),
            _unit(site.system.unit),
        ],
        tables=[_protections(site)],
        events=_events([(_("登记"), site.registered), (_("纳入 WAF"), site.waf_since), (_("停用日期"), site.retired)]),
    )


def of_device(device: SecurityDevice, user: Any) -> Detail:
    return Detail(
        subtitle=device.get_kind_display(),
        facts=[
            Fact(_("厂商"), device.vendor),
            Fact(_("型号"), device.model),
            Fact(_("管理地址"), device.address, code=True),
            Fact(_("网络区域"), device.get_zone_display()),
            Fact(_("系统版本"), device.version),
            Fact(_("规则库版本"), device.rules_version),
            Fact(_("规则库日期"), rules_age(device)),
            _unit(device.unit),
        ],
        events=_events([(_("登记"), device.registered), (_("停用日期"), device.retired)]),
    )


def of_agent(agent: Agent, user: Any) -> Detail:
    return Detail(
        subtitle=agent.host.address,
        facts=[
            Fact(_("主机"), agent.host, href=agent.host.get_absolute_url()),
            Fact(_("产品"), agent.product),
            Fact(_("版本"), agent.version),
            _unit(agent.host.unit),
        ],
        events=_events([(_("安装日期"), agent.registered), (_("卸载日期"), agent.retired)]),
    )


def of_protection(one: Protection, user: Any) -> Detail:
    return Detail(
        subtitle=one.site.url,
        facts=[
            Fact(_("互联网应用"), one.site, href=one.site.get_absolute_url()),
            Fact(_("WAF 设备"), one.device, href=one.device.get_absolute_url() if one.device else ""),
            Fact(_("信息系统"), one.site.system, href=one.site.system.get_absolute_url()),
            _unit(one.site.system.unit),
        ],
        events=_events([(_("纳入日期"), one.registered), (_("撤出日期"), one.retired)]),
    )


def of_contact(contact: Contact, user: Any) -> Detail:
    return Detail(
        subtitle=contact.get_duty_display(),
        facts=[
            Fact(_("职务"), contact.position),
            Fact(_("电话"), mark(user, contact, "phone"), code=True),
            Fact(_("邮箱"), mark(user, contact, "email"), code=True),
            Fact(_("信息系统"), contact.system, href=contact.system.get_absolute_url() if contact.system else ""),
            _unit(contact.unit),
        ],
        events=_events([(_("起始日期"), contact.registered), (_("截止日期"), contact.retired)]),
    )


def of_unit(unit: Unit, user: Any) -> Detail:
    parent = unit.parent
    return Detail(
        subtitle=unit.code,
        kpis=_figures(unit, timezone.localdate()),
        facts=[
            Fact(_("全称"), unit.name),
            Fact(_("层级"), unit.get_level_display()),
            Fact(_("上级单位"), parent, href=_unit_url(parent) if parent else ""),
            *_fate(unit),
        ],
        events=_events(
            [(_("成立日期"), unit.since), (_("撤销日期"), unit.ended)]
            + [
                (_("原称%s，位于%s") % (one.short_name or one.name, one.path), one.until)
                for one in unit.past.all()[:FIRST]
            ]
        ),
        tables=[_children(unit), _contacts(user, unit=unit), _systems(unit, user)],
    )


def _fate(unit: Unit) -> list[Fact]:
    """Where a closed unit went."""
    into = unit.merged_into
    return [Fact(_("已并入"), into, href=_unit_url(into))] if into else []


def _figures(unit: Unit, today: date) -> list[Kpi]:
    """The figures of the unit with all below it, each a link to the rows it counts."""
    scope = Scope("inventory.view", (unit.path,))
    kpis = []
    for key in UNIT_FIGURES:
        one, figure = BY_KEY[key], BY_KEY[key].count(today, scope)
        parts = f"{figure.value:,} / {figure.denominator:,}" if figure.denominator is not None else ""
        href = rows_url(key, today, unit)
        kpis.append(Kpi(str(one.name), str(figure), href=href, note=parts, help=str(one.definition)))
    return kpis


def _hosts(system: System, user: Any) -> Table:
    mine = Host.objects.visible_to(user).filter(system=system)
    return _table(
        pgettext("list", "主机"),
        [_("名称"), _("地址"), _("网络区域"), _("安全代理")],
        [(host, (host.name, host.address, host.get_zone_display(), agent_mark(host))) for host in mine[:FIRST]],
        mine,
        "inventory:host",
        {"system": system.code},
        {"system": system.code, "unit": system.unit.code},
    )


def _sites(system: System, user: Any) -> Table:
    mine = Site.objects.visible_to(user).filter(system=system)
    return _table(
        pgettext("list", "互联网应用"),
        [_("域名"), _("ICP 备案号"), _("WAF 防护")],
        [(site, (site.domain, site.filing_number, waf_mark(site))) for site in mine[:FIRST]],
        mine,
        "inventory:site",
        {"system": system.code},
        {"system": system.code},
    )


def _agents(host: Host) -> Table:
    mine = host.agents.all()
    return _table(
        pgettext("list", "安全代理"),
        [_("产品"), _("版本"), _("安装日期"), _("卸载日期")],
        [(one, (one.product or _("未注明"), one.version, one.registered, one.retired)) for one in mine[:FIRST]],
        mine,
        "inventory:agent",
        {"host": host.pk},
        {"host": host.pk},
    )


def _protections(site: Site) -> Table:
    mine = site.protections.select_related("device")
    return _table(
        pgettext("list", "WAF 防护"),
        [_("WAF 设备"), _("纳入日期"), _("撤出日期")],
        [(one, (one.device or _("未注明"), one.registered, one.retired)) for one in mine[:FIRST]],
        mine,
        "inventory:protection",
        {"site": site.pk},
        {"site": site.pk},
    )


def _contacts(user: Any, unit: Unit | None = None, system: System | None = None) -> Table:
    """Who answers for a system, or for the unit itself."""
    mine = Contact.objects.visible_to(user).filter(retired=None)
    mine = mine.filter(system=system) if system else mine.filter(unit=unit)
    asked: dict[str, object] = {"system": system.code} if system else {"unit": unit.code if unit else ""}
    return _table(
        pgettext("list", "联系人"),
        [_("姓名"), _("职责"), _("电话"), _("邮箱")],
        [(one, (one.name, one.get_duty_display(), mark(user, one, "phone"), one.email)) for one in mine[:FIRST]],
        mine,
        "inventory:contact",
        asked,
        asked | {"unit": system.unit.code} if system else asked,
    )


def _systems(unit: Unit, user: Any) -> Table:
    mine = System.objects.visible_to(user).below(unit).select_related("unit")
    return _table(
        pgettext("list", "信息系统"),
        [_("名称"), _("归属单位"), _("等保级别"), _("阶段")],
        [(one, (one.name, one.unit, level_badge(one), stage_mark(one))) for one in mine[:FIRST]],
        mine,
        "inventory:system",
        {"unit": unit.code},
        {"unit": unit.code},
    )


def _children(unit: Unit) -> Table:
    children = unit.children.filter(ended=None)
    rows = [Row((one.name, one.code, one.get_level_display()), _unit_url(one)) for one in children]
    headings = [_("名称"), _("代码"), _("层级")]
    new = f"{reverse('inventory:unit_new')}?parent={unit.code}"
    return Table(_("下级单位"), headings, rows, len(rows), "", new, _("没有下级单位。"))


def _table(
    title: str,
    headings: Sequence[str],
    rows: list[tuple[Any, Sequence[object]]],
    all_of_them: QuerySet[Any],
    name: str,
    filters: dict[str, object],
    initial: dict[str, object],
) -> Table:
    return Table(
        title,
        headings,
        [Row(cells, thing.get_absolute_url()) for thing, cells in rows],
        all_of_them.count() if len(rows) == FIRST else len(rows),
        f"{reverse(f'{name}s')}?{urlencode(filters)}",
        f"{reverse(f'{name}_new')}?{urlencode(initial)}",
        _("还没有登记。"),
    )


def _events(dates: Any) -> list[Event]:
    """The days of a life in order, the first first."""
    known = sorted(((day, title) for title, day in dates if day), key=lambda pair: pair[0])
    return [Event(title, None, who=day.isoformat()) for day, title in known]


def _unit(unit: Unit) -> Fact:
    return Fact(_("归属单位"), unit, href=_unit_url(unit))


def _unit_url(unit: Model) -> str:
    return reverse("inventory:unit", args=[unit.pk])
