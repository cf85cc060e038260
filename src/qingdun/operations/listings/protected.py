from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.operations.listings.blocks import covers
from qingdun.operations.models import Protected
from qingdun.operations.models.blocks import visible
from qingdun.web.listing import Action, Column, Listing, choice, text


def rows(user: Any) -> QuerySet[Protected]:
    return Protected.objects.all() if visible(user) else Protected.objects.none()


def _covers(given: str) -> Q:
    return covers(given)


PROTECTED: Listing[Protected] = Listing(
    key="operations.protected",
    title=pgettext_lazy("list", "保护名单"),
    purpose=_("无论谁、无论哪条策略，都不会封禁的地址。"),
    permission="operations.view",
    rows=rows,
    related=("by__person",),
    link=lambda one: reverse("operations:protected_one", args=[one.pk]),
    columns=(
        Column("address", _("地址"), lambda one: one.address, "code", sort=("first_key",)),
        Column("kind", _("类别"), lambda one: one.get_kind_display(), sort=("kind", "first_key")),
        Column("reason", _("说明"), lambda one: one.reason),
        Column("by", _("登记人"), lambda one: one.by.person if one.by else ""),
        Column("created", _("登记时间"), lambda one: one.created, "time", sort=("created",)),
    ),
    order=("first_key",),
    search=("address", "reason"),
    search_hint=_("地址、说明"),
    filters=(
        text("covers", _("覆盖此地址"), _covers),
        choice("kind", _("类别"), Protected.Kind.choices),
    ),
    actions=(Action(_("加入保护"), "operations:protected_new", "plus", "operations.manage", primary=True),),
    export="operations.view",
    unit_path="",
    template="operations/protected.html",
    empty=_("内置的保护范围列在上方；本市另外要保护的地址登记在这里。"),
    icon="shield-check",
)
