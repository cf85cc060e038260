from __future__ import annotations

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.core import addresses
from qingdun.inventory.listings.shared import held_filter, on_filter, unit_filter, zone_filter
from qingdun.inventory.models import Host, Zone
from qingdun.inventory.models.hosts import STATUS, agent_on
from qingdun.inventory.models.register import COVERED, RETIRED, UNCOVERED
from qingdun.web.listing import Action, Column, Filter, Listing, States, day, text
from qingdun.web.marks import Shape, Tone, mark, pair

MARKS: dict[str, tuple[Shape, Tone]] = {
    COVERED: ("circle", "ok"),
    UNCOVERED: ("triangle", "bad"),
    RETIRED: ("square", "plain"),
}


def agent_mark(host: Host) -> SafeString:
    return mark(dict(STATUS)[host.status], *MARKS[host.status])


def within(value: str) -> Q:
    """Hosts in service at an address or in a network."""
    if addresses.span(value) is None:
        raise ValueError(gettext("“%s”不是地址或网段，请写成 10.20.3.4 或 10.20.0.0/16 这样。") % value)
    return Q(pk__in=Host.objects.at(value).values("pk"))


HOSTS: Listing[Host] = Listing(
    key="inventory.hosts",
    title=pgettext_lazy("list", "主机"),
    purpose=_("每台主机的地址、归属和安全代理；日志里的地址靠它找到单位。"),
    permission="inventory.view",
    rows=Host.objects.visible_to,
    related=("system", "unit"),
    link=lambda host: host.get_absolute_url(),
    columns=(
        Column("name", _("名称"), lambda host: host.name, sort=("name",)),
        Column("address", _("主地址"), lambda host: host.address, "code", sort=("address_key",)),
        Column("zone", _("网络区域"), lambda host: host.get_zone_display()),
        Column(
            "owner",
            _("系统与单位"),
            lambda host: pair(host.system, host.unit) if host.system else host.unit,
            export=lambda host: host.system,
        ),
        Column("unit", _("归属单位"), lambda host: host.unit, shown=False),
        Column("os", _("操作系统"), lambda host: host.operating_system),
        Column("agent", _("安全代理"), agent_mark, export=lambda host: host.agent_since),
        Column("seen", _("代理最近在线"), lambda host: host.agent_last_seen, "time"),
        Column("registered", _("登记日期"), lambda host: host.registered, "date", shown=False),
    ),
    order=("address_key",),
    search=("name", "address"),
    search_hint=_("名称、地址"),
    filters=(
        unit_filter(),
        zone_filter(Zone.choices),
        text("net", _("地址或网段"), within),
        on_filter(),
        Filter("system", _("信息系统"), "hidden", lambda code: Q(system__code=code)),
        held_filter(Host),
        day("no_agent_by", _("当日未装代理"), lambda on: ~agent_on(on), hidden=True),
        day("agent_by", _("当日已装代理"), agent_on, hidden=True),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记主机"), "inventory:host_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    register="inventory.hosts",
    empty=_("主机在下发云资源时登记，或由云平台的清单导入。"),
    icon="server",
)
