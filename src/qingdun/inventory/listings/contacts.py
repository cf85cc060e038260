from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.inventory.listings.shared import on_filter, unit_filter
from qingdun.inventory.models import Contact
from qingdun.inventory.models.contacts import STATUS
from qingdun.web.listing import Action, Column, Filter, Listing, States, choice
from qingdun.web.marks import pair

CONTACTS: Listing[Contact] = Listing(
    key="inventory.contacts",
    title=pgettext_lazy("list", "联系人"),
    purpose=_("每个单位、每个系统由谁负责、怎么找到他；电话遮盖显示，查看要留事由。"),
    permission="inventory.view",
    rows=Contact.objects.visible_to,
    related=("unit", "system"),
    link=lambda contact: contact.get_absolute_url(),
    columns=(
        Column(
            "name",
            _("姓名"),
            lambda contact: pair(contact.name, contact.position) if contact.position else contact.name,
            sort=("name",),
            export=lambda contact: contact.name,
        ),
        Column("duty", _("职责"), lambda contact: contact.get_duty_display(), sort=("duty", "name")),
        Column("phone", _("电话"), lambda contact: contact.phone, "code"),
        Column("email", _("邮箱"), lambda contact: contact.email, "code"),
        Column("unit", _("归属单位"), lambda contact: contact.unit, sort=("unit__path", "name")),
        Column("system", _("信息系统"), lambda contact: contact.system),
        Column("position", _("职务"), lambda contact: contact.position, shown=False),
        Column("since", _("起始日期"), lambda contact: contact.registered, "date", sort=("registered",)),
        Column("until", _("截止日期"), lambda contact: contact.retired, "date", shown=False),
    ),
    order=("unit__path", "duty", "name"),
    search=("name", "position", "system__name"),
    search_hint=_("姓名、职务、系统"),
    filters=(
        unit_filter(),
        choice("duty", _("职责"), Contact.Duty.choices),
        on_filter(),
        Filter("system", _("信息系统"), "hidden", lambda code: Q(system__code=code)),
    ),
    states=States("status", STATUS),
    actions=(Action(_("登记联系人"), "inventory:contact_new", "plus", "inventory.edit", primary=True),),
    export="inventory.export",
    empty=_("每个单位至少登记一位负责人和一位联系人，告知函才送得到人。"),
    icon="contact-round",
)
