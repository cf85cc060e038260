from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Person
from qingdun.powers.listings.shared import unit_filter
from qingdun.web.listing import Action, Column, Listing, States
from qingdun.web.marks import mark

STATES = (("here", _("在岗")), ("left", _("已离任")))


def rows(user: Any) -> QuerySet[Person]:
    state = Case(When(left=None, then=Value("here")), default=Value("left"), output_field=CharField())
    own = Count("accounts", filter=Q(accounts__is_active=True))
    return Person.objects.visible_to(user).annotate(state=state, accounts_active=own)


PEOPLE: Listing[Person] = Listing(
    key="powers.people",
    title=pgettext_lazy("list", "人员"),
    purpose=_("自然人。一人可有几个账号，互斥与期限都按人算；调动和离任在这里办理。"),
    permission="access.view",
    rows=rows,
    related=("unit",),
    link=lambda person: person.get_absolute_url(),
    columns=(
        Column("name", _("姓名"), lambda one: one.name, sort=("name",)),
        Column("unit", _("单位"), lambda one: one.unit, sort=("unit__path", "name")),
        Column("post", _("职务"), lambda one: one.post, sort=("post",)),
        Column("phone", _("电话"), lambda one: str(one.phone or ""), "code"),
        Column("accounts", _("在用账号"), lambda one: one.accounts_active, "number", sort=("accounts_active",)),  # type: ignore[attr-defined]
        Column("joined", _("到岗日"), lambda one: one.joined, "date", sort=("joined",), shown=False),
        Column(
            "state",
            _("状态"),
            lambda one: mark(_("已离任"), "ring", "plain") if one.left else mark(_("在岗"), "circle", "ok"),
            export=lambda one: _("已离任") if one.left else _("在岗"),
        ),
        Column("left", _("离任日"), lambda one: one.left, "date", sort=("left",), shown=False),
    ),
    order=("name",),
    search=("name", "post"),
    search_hint=_("姓名、职务"),
    filters=(unit_filter("unit"),),
    states=States("state", STATES),
    actions=(Action(_("登记人员"), "powers:person_new", "user-plus", "access.create", primary=True),),
    unit_path="unit__path",
    empty=_("从登记第一个人开始，再为其建立账号。"),
    icon="users",
)
