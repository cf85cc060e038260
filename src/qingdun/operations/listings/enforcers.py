from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.operations.models import Block, Enforcer, Placement
from qingdun.operations.models.blocks import visible
from qingdun.operations.shown import kind_name
from qingdun.web.listing import Action, Column, Listing, choice, flag
from qingdun.web.marks import mark

HELD = (Placement.State.PLACED, Placement.State.LEAVING)
FAILING = (Placement.State.FAILED, Placement.State.REFUSED, Placement.State.LEFT_OUT)


def rows(user: Any) -> QuerySet[Enforcer]:
    """Every device, with how many addresses stand on it (`held`) and how many it did not take (`failing`)."""
    found = Enforcer.objects.all() if visible(user) else Enforcer.objects.none()
    return found.annotate(
        held=Count("placements", filter=Q(placements__state__in=HELD)),
        failing=Count("placements", filter=Q(placements__state__in=FAILING)),
    )


def state_mark(enforcer: Enforcer) -> SafeString:
    """What it last did, in shape and word."""
    if not enforcer.on:
        return mark(gettext("停用中"), "square", "plain")
    if enforcer.failed and (enforcer.reached is None or enforcer.failed > enforcer.reached):
        return mark(gettext("没有应答"), "triangle", "bad")
    if enforcer.drift:
        return mark(gettext("有差异 %d 条") % enforcer.drift, "diamond", "warn")
    if enforcer.dry_run:
        return mark(gettext("演练中"), "ring", "brand")
    return mark(gettext("应答正常"), "circle", "ok") if enforcer.reached else mark(gettext("尚未应答"), "ring", "plain")


def capacity(enforcer: Any) -> str:
    return f"{enforcer.held:,} / {enforcer.capacity:,}"


ENFORCERS: Listing[Enforcer] = Listing(
    key="operations.enforcers",
    title=pgettext_lazy("list", "封禁设备"),
    purpose=_("封禁名单送到哪些设备、每台应答如何、与名单有没有差异。"),
    permission="operations.view",
    rows=rows,
    link=lambda one: reverse("operations:enforcer", args=[one.pk]),
    columns=(
        Column("name", _("名称"), lambda one: one.name, sort=("name",)),
        Column("kind", _("接口"), lambda one: kind_name(one.kind), sort=("kind", "name")),
        Column("state", _("状态"), state_mark),
        Column("directions", _("方向"), lambda one: one.get_directions_display()),
        Column("capacity", _("已用 / 容量"), capacity, export=lambda one: one.capacity),
        Column("failing", _("失败或被拒"), lambda one: one.failing, "number"),  # type: ignore[attr-defined]
        Column("reached", _("最近应答"), lambda one: one.reached, "time", sort=("reached",)),
        Column("read_back", _("最近核对"), lambda one: one.read_back, "time", sort=("read_back",)),
        Column("failure", _("失败原因"), lambda one: one.failure, shown=False),
    ),
    order=("name",),
    search=("name",),
    search_hint=_("名称"),
    filters=(
        choice("directions", _("方向"), Block.Direction.choices),
        flag("drift", _("与名单有差异"), Q(drift__gt=0)),
        flag("off", _("停用中"), Q(on=False)),
    ),
    actions=(Action(_("登记封禁设备"), "operations:enforcer_new", "plus", "operations.manage", primary=True),),
    export="operations.view",
    unit_path="",
    template="operations/list.html",
    empty=_("登记后，生效的封禁会送到这里登记的设备。"),
    icon="shield-ban",
)
