from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.inventory.listings.shared import on_filter, unit_filter
from qingdun.inventory.models import Agent
from qingdun.inventory.models.agents import STATUS
from qingdun.web.listing import Action, Column, Filter, Listing, States, text

AGENTS: Listing[Agent] = Listing(
    key="inventory.agents",
    title=pgettext_lazy("list", "安全代理"),
    purpose=_("哪台主机从哪天到哪天装着哪个产品；覆盖率按这些日期算。"),
    permission="inventory.view",
    rows=Agent.objects.visible_to,
    related=("host__unit",),
    link=lambda agent: agent.get_absolute_url(),
    columns=(
        Column("host", _("主机"), lambda agent: agent.host, sort=("host__name",)),
        Column("address", _("主地址"), lambda agent: agent.host.address, "code", sort=("host__address_key",)),
        Column("product", _("产品"), lambda agent: agent.product, sort=("product",)),
        Column("version", _("版本"), lambda agent: agent.version),
        Column("unit", _("归属单位"), lambda agent: agent.host.unit),
        Column("since", _("安装日期"), lambda agent: agent.registered, "date", sort=("registered",)),
        Column("until", _("卸载日期"), lambda agent: agent.retired, "date", sort=("retired",)),
    ),
    order=("-pk",),
    search=("host__name", "host__address", "product"),
    search_hint=_("主机、地址、产品"),
    filters=(
        unit_filter("host__unit"),
        text("product", _("产品"), "product__icontains"),
        on_filter(),
        Filter("host", _("主机"), "hidden", lambda key: Q(host=int(key)) if key.isdigit() else Q(pk__in=[])),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记安全代理"), "inventory:agent_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    unit_path="host__unit__path",
    empty=_("在主机上登记安全代理，或由代理清单对账带入。"),
    icon="bot",
)
