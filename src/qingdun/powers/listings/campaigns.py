from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access import policy
from qingdun.access.models import Campaign, Confirmation
from qingdun.powers.listings.shared import role_filter, unit_filter
from qingdun.web.listing import Action, Bulk, Column, Listing, States
from qingdun.web.marks import mark, pair

Verdict = Confirmation.Verdict
TONES: dict[str, Any] = {
    Verdict.OPEN: ("diamond", "warn"),
    Verdict.CONFIRMED: ("circle", "ok"),
    Verdict.ENDED: ("ring", "plain"),
    Verdict.LAPSED: ("square", "bad"),
}


def campaigns(user: Any) -> QuerySet[Campaign]:
    """Every campaign, with what of it this reader may see."""
    mine = policy.scope(user, "access.view").q("items__grant__account__person__unit__path")
    return Campaign.objects.annotate(
        total=Count("items", filter=mine, distinct=True),
        waiting=Count("items", filter=mine & Q(items__verdict=Verdict.OPEN), distinct=True),
    )


CAMPAIGNS: Listing[Campaign] = Listing(
    key="powers.campaigns",
    title=pgettext_lazy("list", "授权复核"),
    purpose=_("每半年一次：部门负责人或安全管理员逐项确认授权是否仍然需要，逾期未确认的自行终止。"),
    permission="access.view",
    rows=campaigns,
    link=lambda one: reverse("powers:campaign", args=[one.pk]),
    columns=(
        Column("half", _("半年"), lambda one: one.half, "code", sort=("half",)),
        Column("opened", _("发起日"), lambda one: one.opened, "date", sort=("opened",)),
        Column("due", _("截止日"), lambda one: one.due, "date", sort=("due",)),
        Column("total", _("授权"), lambda one: one.total, "number"),  # type: ignore[attr-defined]
        Column("waiting", _("待复核"), lambda one: one.waiting, "number"),  # type: ignore[attr-defined]
        Column(
            "state",
            _("状态"),
            lambda one: mark(_("已结束"), "ring", "plain") if one.closed else mark(_("进行中"), "diamond", "warn"),
            export=lambda one: _("已结束") if one.closed else _("进行中"),
        ),
    ),
    order=("-opened",),
    actions=(Action(_("发起本半年复核"), "powers:campaign_new", "list-checks", "access.grant", primary=True),),
    unit_path="",
    empty=_("每年一月、七月一日自动发起，也可现在发起。"),
    icon="list-checks",
)


def verdict_mark(one: Confirmation) -> SafeString:
    return mark(one.get_verdict_display(), *TONES[one.verdict])


CONFIRMATIONS: Listing[Confirmation] = Listing(
    key="powers.confirmations",
    title=_("逐项复核"),
    purpose=_("确认仍然需要的，终止不再需要的。自己的授权由别人复核。"),
    permission="access.view",
    rows=Confirmation.objects.visible_to,
    related=("grant__account__person__unit", "grant__unit", "by__person"),
    link=lambda one: reverse("powers:grant", args=[one.grant_id]),
    columns=(
        Column("role", _("角色"), lambda one: one.grant.title, sort=("grant__role",)),
        Column(
            "holder",
            _("持有人"),
            lambda one: pair(one.grant.account.person, one.grant.account.username),
            sort=("grant__account__person__name",),
            export=lambda one: f"{one.grant.account.person}（{one.grant.account}）",
        ),
        Column("of", _("所在单位"), lambda one: one.grant.account.person.unit),
        Column("unit", _("范围"), lambda one: one.grant.unit),
        Column("ends", _("截止日"), lambda one: one.grant.ends, "date", sort=("grant__ends",)),
        Column("verdict", _("意见"), verdict_mark, export=lambda one: one.get_verdict_display()),
        Column("by", _("复核人"), lambda one: one.by.person if one.by else ""),
    ),
    order=("grant__account__person__name",),
    search=("grant__account__username", "grant__account__person__name"),
    search_hint=_("账号或姓名"),
    filters=(role_filter(lambda key: Q(grant__role=key)), unit_filter("grant__account__person__unit")),
    states=States("verdict", Verdict.choices),
    bulk=(
        Bulk(_("继续持有"), "powers:confirm", "access.view", _("确认这 %s 项授权仍然需要？"), "check"),
        Bulk(_("终止"), "powers:confirm_end", "access.view", _("终止这 %s 项授权？立即生效。"), "x"),
    ),
    unit_path="grant__account__person__unit__path",
    empty=_("这一次没有需要您复核的授权。"),
    icon="list-checks",
    template="powers/campaign.html",
)


def of_campaign(campaign: Campaign) -> Listing[Confirmation]:
    """The list of one campaign."""
    return replace(
        CONFIRMATIONS,
        title=_("授权复核 %s") % campaign.half,
        rows=lambda user: Confirmation.objects.visible_to(user).filter(campaign=campaign),
    )
