from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.listings.shared import unit_filter, zone_filter
from qingdun.inventory.models import SecurityDevice, Zone
from qingdun.inventory.models.devices import STATUS
from qingdun.web.listed import written
from qingdun.web.listing import Action, Column, Listing, States, choice, flag
from qingdun.web.marks import mark, pair

STALE_DAYS = 30


def stale() -> Q:
    return Q(retired=None, rules_date__lt=timezone.localdate() - timedelta(days=STALE_DAYS))


def rules_age(device: SecurityDevice) -> SafeString:
    """The day of the rule base; an old one is marked with its age."""
    days = (timezone.localdate() - device.rules_date).days if device.rules_date else 0
    if days <= STALE_DAYS:
        return written(device.rules_date)
    return pair(written(device.rules_date), mark(gettext("%s 天未更新") % days, "triangle", "warn"))


DEVICES: Listing[SecurityDevice] = Listing(
    key="inventory.devices",
    title=pgettext_lazy("list", "安全设备"),
    purpose=_("防火墙、WAF、检测与审计设备，以及系统版本和规则库的新旧。"),
    permission="inventory.view",
    rows=SecurityDevice.objects.visible_to,
    related=("unit",),
    link=lambda device: device.get_absolute_url(),
    columns=(
        Column("name", _("名称"), lambda device: device.name, sort=("name",)),
        Column("kind", _("类别"), lambda device: device.get_kind_display(), sort=("kind", "name")),
        Column(
            "model",
            _("厂商与型号"),
            lambda device: pair(device.vendor, device.model),
            sort=("vendor", "model"),
            export=lambda device: f"{device.vendor} {device.model}".strip(),
        ),
        Column("address", _("管理地址"), lambda device: device.address, "code"),
        Column("zone", _("网络区域"), lambda device: device.get_zone_display()),
        Column("version", _("系统版本"), lambda device: device.version),
        Column("rules", _("规则库日期"), rules_age, sort=("rules_date",), export=lambda device: device.rules_date),
        Column("rules_version", _("规则库版本"), lambda device: device.rules_version, shown=False),
        Column("unit", _("归属单位"), lambda device: device.unit, sort=("unit__path", "name"), shown=False),
    ),
    order=("name",),
    search=("name", "vendor", "model", "address"),
    search_hint=_("名称、厂商、型号、地址"),
    filters=(
        unit_filter(),
        choice("kind", _("类别"), SecurityDevice.Kind.choices),
        zone_filter(Zone.choices),
        flag("stale", _("规则库超过 30 天"), stale),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记设备"), "inventory:device_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    register="inventory.devices",
    empty=_("登记后，设备的日志来源会按地址连到这里。"),
    icon="shield",
)
