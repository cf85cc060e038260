from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.actions.grants import title_of
from qingdun.access.models import Emergency
from qingdun.powers.listings.grants import permission_title
from qingdun.web.listing import Action, Column, Listing, States
from qingdun.web.marks import mark

STATES = (("running", _("进行中")), ("unreviewed", _("待复盘")), ("reviewed", _("已复盘")))
TONES: dict[str, Any] = {
    "running": ("triangle", "bad"),
    "unreviewed": ("diamond", "warn"),
    "reviewed": ("circle", "ok"),
}


def rows(user: Any) -> QuerySet[Emergency]:
    now = timezone.now()
    state = Case(
        When(reviewed__isnull=False, then=Value("reviewed")),
        When(Q(ends__lte=now) | Q(stopped__lte=now), then=Value("unreviewed")),
        default=Value("running"),
        output_field=CharField(),
    )
    return Emergency.objects.visible_to(user).annotate(state=state)


def power(one: Emergency) -> str:
    """What it gives: the name of a role or of a permission."""
    return title_of(one.role) if one.role else permission_title(one.permission)


def state_mark(one: Any) -> SafeString:
    return mark(dict(STATES)[one.state], *TONES[one.state])


EMERGENCIES: Listing[Emergency] = Listing(
    key="powers.emergencies",
    title=pgettext_lazy("list", "应急授权"),
    purpose=_("两人批准、指明做什么、以分钟计、自行结束；期间所做都在审计中带编号，事后复盘。"),
    permission="access.view",
    rows=rows,
    related=("account__person", "unit"),
    link=lambda one: reverse("powers:emergency", args=[one.pk]),
    columns=(
        Column("number", _("编号"), lambda one: one.number, "code", sort=("number",)),
        Column("person", _("持有人"), lambda one: one.account.person, sort=("account__person__name",)),
        Column("power", _("权限"), power),
        Column("unit", _("范围"), lambda one: one.unit, sort=("unit__path",)),
        Column("starts", _("开始"), lambda one: one.starts, "time", sort=("starts",)),
        Column("over", _("结束"), lambda one: one.over, "time"),
        Column("state", _("状态"), state_mark, export=lambda one: dict(STATES)[one.state]),  # type: ignore[attr-defined]
    ),
    order=("-starts",),
    search=("number", "account__person__name"),
    search_hint=_("编号或姓名"),
    states=States("state", STATES),
    actions=(Action(_("申请应急授权"), "powers:ask_emergency", "siren"),),
    unit_path="account__person__unit__path",
    empty=_("没有用过应急授权。"),
    icon="siren",
)
