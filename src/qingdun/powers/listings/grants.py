from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Delegation, Grant, Refusal
from qingdun.access.permissions import all_permissions
from qingdun.powers.listings.shared import role_filter, unit_filter
from qingdun.web.listing import Action, Column, Listing, States, flag
from qingdun.web.marks import mark, pair

SOON = timedelta(days=30)
STATES = (("now", _("有效")), ("ahead", _("未生效")), ("over", _("已终止")))
TONES: dict[str, Any] = {"now": ("circle", "ok"), "ahead": ("diamond", "brand"), "over": ("ring", "plain")}


def _stated(rows: Any) -> Any:
    """With their state today in one word."""
    today = timezone.localdate()
    state = Case(
        When(Q(ended__isnull=False) | Q(ends__lt=today), then=Value("over")),
        When(starts__gt=today, then=Value("ahead")),
        default=Value("now"),
        output_field=CharField(),
    )
    return rows.annotate(state=state)


def state_mark(row: Any) -> SafeString:
    return mark(dict(STATES)[row.state], *TONES[row.state])


def _state_plain(row: Any) -> object:
    return dict(STATES)[row.state]


def _soon() -> Q:
    today = timezone.localdate()
    return Q(ended=None, starts__lte=today, ends__gte=today, ends__lte=today + SOON)


GRANTS: Listing[Grant] = Listing(
    key="powers.grants",
    title=pgettext_lazy("list", "授权"),
    purpose=_("角色 × 单位（含下属）× 期限。授权经申请和审批得来，到期自行失效。"),
    permission="access.view",
    rows=lambda user: _stated(Grant.objects.visible_to(user)),
    related=("account__person__unit", "unit"),
    link=lambda one: reverse("powers:grant", args=[one.pk]),
    columns=(
        Column("role", _("角色"), lambda one: one.title, sort=("role", "ends")),
        Column(
            "holder",
            _("持有人"),
            lambda one: pair(one.account.person, one.account.username),
            sort=("account__person__name",),
            export=lambda one: f"{one.account.person}（{one.account}）",
        ),
        Column("of", _("所在单位"), lambda one: one.account.person.unit, sort=("account__person__unit__path",)),
        Column("unit", _("范围"), lambda one: one.unit, sort=("unit__path",)),
        Column("starts", _("生效日"), lambda one: one.starts, "date", sort=("starts",)),
        Column("ends", _("截止日"), lambda one: one.ends, "date", sort=("ends",)),
        Column("lent", _("委托"), lambda one: _("受托") if one.delegation_id else "", shown=False),
        Column("state", _("状态"), state_mark, export=_state_plain),
    ),
    order=("ends",),
    search=("account__username", "account__person__name"),
    search_hint=_("账号或姓名"),
    filters=(
        role_filter(lambda key: Q(role=key)),
        unit_filter("unit"),
        flag("soon", _("三十天内到期"), _soon),
    ),
    states=States("state", STATES),
    actions=(
        Action(_("委托"), "powers:delegations", "handshake", "access.view"),
        Action(_("明示拒绝"), "powers:refusals", "ban", "access.view"),
        Action(_("角色与权限"), "powers:roles", "table-2", "access.view"),
    ),
    unit_path="account__person__unit__path",
    empty=_("还没有授权。有人申请角色并获批准后，会出现在这里。"),
    icon="key-round",
)

DELEGATIONS: Listing[Delegation] = Listing(
    key="powers.delegations",
    title=pgettext_lazy("list", "委托"),
    purpose=_("持有人把自己的一项授权、或待自己审核的事项，限期交给另一账号。不得再转，随本人授权一同终止。"),
    permission="access.view",
    rows=lambda user: _stated(Delegation.objects.visible_to(user)),
    related=("giver__person", "taker__person", "grant__unit"),
    link=lambda one: reverse("powers:delegation", args=[one.pk]),
    columns=(
        Column("giver", _("委托人"), lambda one: one.giver.person, sort=("giver__person__name",)),
        Column("taker", _("受托人"), lambda one: one.taker.person, sort=("taker__person__name",)),
        Column("what", _("委托什么"), lambda one: one.grant.title if one.grant else _("待审核事项")),
        Column("starts", _("生效日"), lambda one: one.starts, "date", sort=("starts",)),
        Column("ends", _("截止日"), lambda one: one.ends, "date", sort=("ends",)),
        Column("state", _("状态"), state_mark, export=_state_plain),
    ),
    order=("-pk",),
    search=("giver__person__name", "taker__person__name"),
    search_hint=_("姓名"),
    states=States("state", STATES),
    unit_path="giver__person__unit__path",
    empty=_("没有人委托过。各人在“我的权限”里委托。"),
    icon="handshake",
)

REFUSALS: Listing[Refusal] = Listing(
    key="powers.refusals",
    title=pgettext_lazy("list", "明示拒绝"),
    purpose=_("写明某账号在某单位没有某项权限。无论授权怎么写，明示拒绝优先。"),
    permission="access.view",
    rows=lambda user: _stated(Refusal.objects.visible_to(user)),
    related=("account__person", "unit"),
    link=lambda one: reverse("powers:refusal", args=[one.pk]),
    columns=(
        Column("account", _("账号"), lambda one: pair(one.account.person, one.account.username), sort=("account",)),
        Column("permission", _("权限"), lambda one: permission_title(one.permission), sort=("permission",)),
        Column("unit", _("范围"), lambda one: one.unit, sort=("unit__path",)),
        Column("starts", _("生效日"), lambda one: one.starts, "date", sort=("starts",)),
        Column("ends", _("截止日"), lambda one: one.ends or _("长期"), "date", sort=("ends",)),
        Column("state", _("状态"), state_mark, export=_state_plain),
    ),
    order=("-pk",),
    search=("account__username", "account__person__name"),
    search_hint=_("账号或姓名"),
    filters=(unit_filter("unit"),),
    states=States("state", STATES),
    actions=(Action(_("登记拒绝"), "powers:refusal_new", "ban", "access.grant", primary=True),),
    unit_path="account__person__unit__path",
    empty=_("没有明示拒绝。"),
    icon="ban",
)


def permission_title(key: str) -> str:
    from django.utils.translation import gettext

    return gettext(all_permissions().get(key, key))
