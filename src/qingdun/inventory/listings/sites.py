from __future__ import annotations

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.inventory.listings.shared import on_filter, unit_filter
from qingdun.inventory.models import Site
from qingdun.inventory.models.register import COVERED, RETIRED, UNCOVERED
from qingdun.inventory.models.sites import STATUS
from qingdun.web.listing import Action, Column, Filter, Listing, States
from qingdun.web.marks import Shape, Tone, mark, pair

MARKS: dict[str, tuple[Shape, Tone]] = {
    COVERED: ("circle", "ok"),
    UNCOVERED: ("triangle", "bad"),
    RETIRED: ("square", "plain"),
}


def waf_mark(site: Site) -> SafeString:
    return mark(dict(STATUS)[site.status], *MARKS[site.status])


SITES: Listing[Site] = Listing(
    key="inventory.sites",
    title=pgettext_lazy("list", "互联网应用"),
    purpose=_("从互联网能访问的每个域名，以及它是否在 WAF 后面。"),
    permission="inventory.view",
    rows=Site.objects.visible_to,
    related=("system__unit",),
    link=lambda site: site.get_absolute_url(),
    columns=(
        Column("domain", _("域名"), lambda site: site.domain, sort=("domain",)),
        Column(
            "system",
            _("系统与单位"),
            lambda site: pair(site.system, site.system.unit),
            sort=("system__name",),
            export=lambda site: site.system,
        ),
        Column("waf", _("WAF 防护"), waf_mark, export=lambda site: site.waf_since),
        Column("waf_since", _("纳入日期"), lambda site: site.waf_since, "date", sort=("waf_since",)),
        Column("filing", _("ICP 备案号"), lambda site: site.filing_number),
        Column("unit", _("归属单位"), lambda site: site.system.unit, shown=False),
    ),
    order=("domain",),
    search=("domain", "system__name", "filing_number"),
    search_hint=_("域名、系统名称、备案号"),
    filters=(
        unit_filter("system__unit"),
        on_filter(),
        Filter("system", _("信息系统"), "hidden", lambda code: Q(system__code=code)),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记互联网应用"), "inventory:site_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    register="inventory.sites",
    unit_path="system__unit__path",
    empty=_("面向互联网的系统，其每个域名都应在此登记。"),
    icon="globe",
)
