from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.inventory.listings.shared import on_filter, unit_filter
from qingdun.inventory.models import Protection
from qingdun.inventory.models.protections import STATUS
from qingdun.web.listing import Action, Column, Filter, Listing, States

PROTECTIONS: Listing[Protection] = Listing(
    key="inventory.protections",
    title=pgettext_lazy("list", "WAF 防护"),
    purpose=_("哪个互联网应用从哪天到哪天在哪台 WAF 后面；防护覆盖率按这些日期算。"),
    permission="inventory.view",
    rows=Protection.objects.visible_to,
    related=("site__system__unit", "device"),
    link=lambda one: one.get_absolute_url(),
    columns=(
        Column("site", _("互联网应用"), lambda one: one.site, sort=("site__domain",)),
        Column("device", _("WAF 设备"), lambda one: one.device, sort=("device__name",)),
        Column("system", _("信息系统"), lambda one: one.site.system),
        Column("unit", _("归属单位"), lambda one: one.site.system.unit),
        Column("since", _("纳入日期"), lambda one: one.registered, "date", sort=("registered",)),
        Column("until", _("撤出日期"), lambda one: one.retired, "date", sort=("retired",)),
    ),
    order=("-pk",),
    search=("site__domain", "device__name", "site__system__name"),
    search_hint=_("域名、设备、系统名称"),
    filters=(
        unit_filter("site__system__unit"),
        on_filter(),
        Filter("site", _("互联网应用"), "hidden", lambda key: Q(site=int(key)) if key.isdigit() else Q(pk__in=[])),
        Filter("device", _("WAF 设备"), "hidden", lambda key: Q(device=int(key)) if key.isdigit() else Q(pk__in=[])),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记 WAF 防护"), "inventory:protection_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    unit_path="site__system__unit__path",
    empty=_("互联网应用纳入 WAF 时登记。"),
    icon="shield-check",
)
