"""The clock of grants: what will end is said, what nobody confirms ends, what everybody holds is added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from qingdun import notify
from qingdun.access import actions, approvals, policy
from qingdun.access.actions.recertification import LASTS, half_of
from qingdun.access.core.standing import State
from qingdun.access.models import Account, Approval, Campaign, Confirmation, Emergency, Grant
from qingdun.access.roster import roles
from qingdun.web.jobs import Progress, job

BEFORE = (30, 7, 1)  # days
EXPIRING, RECERTIFY, POWERS, EMERGENCY = (f"powers.{one}" for one in ("expiring", "recertify", "check", "emergency"))
CATCH_UP = timedelta(
    days=10
)  # a machine that stood still on the first of the half-year opens it later, not in its middle


@job("powers.expiring", _("授权到期提醒"), cron="20 7 * * *")
def expiring(progress: Progress) -> None:
    """Tell holders 30, 7 and 1 days before a grant ends. What is renewed already is not worth a word."""
    today = timezone.localdate()
    days = [today + timedelta(days=number) for number in BEFORE]
    rows = Grant.objects.in_force(today).filter(ends__in=days, delegation=None).select_related("account", "unit")
    with transaction.atomic():
        for number, one in enumerate(found := list(rows), 1):
            if not _goes_on(one):
                left = (one.ends - today).days
                title = format_lazy(
                    _("{role} 将于 {day} 到期，还有 {left} 天"), role=_named(one), day=one.ends, left=left
                )
                notify.send([one.account], EXPIRING, title, link=reverse("powers:mine"))
            progress(number, len(found))


@job("powers.recertify", _("授权复核"), cron="10 1 * * *")
def recertify(progress: Progress) -> None:
    """Open the campaign of a half-year at its beginning, remind of it, and end what was not confirmed by its day."""
    today = timezone.localdate()
    first = date(today.year, 1 if today.month <= 6 else 7, 1)
    if today - first <= CATCH_UP and not Campaign.objects.filter(half=half_of(today)).exists():
        with transaction.atomic():
            _remind(actions.open_campaign(today, today + LASTS, by=None))
    for campaign in Campaign.objects.filter(closed=None):
        with transaction.atomic():
            ended = actions.close_campaign(campaign, today)
            holders: dict[Account, int] = defaultdict(int)
            for one in ended:
                holders[one.account] += 1
            for account, number in holders.items():
                title = format_lazy(_("{number} 项授权因逾期未复核已终止"), number=number)
                notify.send([account], RECERTIFY, title, link=reverse("powers:mine"))
            if (campaign.due - today).days in BEFORE[1:]:
                _remind(campaign)
    progress(1, 1)


@job("powers.check", _("权限总和核对"), cron="30 1 * * *")
def check(progress: Progress) -> None:
    """Add up what everybody holds; say so to the security and the audit administrators when something is wrong."""
    with transaction.atomic():
        found = actions.check_powers()
        if found.problems:
            title = format_lazy(_("权限总和核对发现 {number} 处问题"), number=len(found.problems))
            notify.send(holders("access.grant", "audit.view"), POWERS, title, link=reverse("powers:checks"))
    progress(found.people, found.people)


@job("powers.emergency_reviews", _("应急授权待复盘"), cron="50 8 * * *")
def emergency_reviews(progress: Progress) -> None:
    """Every morning until it is done: emergencies that are over and that nobody has reviewed."""
    with transaction.atomic():
        waiting = Emergency.objects.over(timezone.now()).filter(reviewed=None).count()
        if waiting:
            title = format_lazy(_("{number} 次应急授权待复盘"), number=waiting)
            link = reverse("powers:emergencies") + "?state=unreviewed"
            notify.send(holders("access.review"), EMERGENCY, title, link=link)
    progress(waiting, waiting)


@approvals.watches
def emergency_began(approval: Approval, what: str) -> None:
    """Whoever reviews it hears of an emergency when it begins."""
    if approval.kind == "access.emergency" and approval.state == State.AGREED:
        title = format_lazy(_("应急授权已开始：{who}"), who=approval.requester.username)
        notify.send(holders("access.review"), EMERGENCY, title, link=reverse("powers:emergencies"))


def _goes_on(one: Grant) -> bool:
    """Does a grant of the same role over the same unit follow?"""
    following = Grant.objects.filter(account=one.account_id, role=one.role, unit=one.unit_id, ended=None)
    return following.filter(starts__lte=one.ends + timedelta(days=1), ends__gt=one.ends).exists()


def _named(one: Grant) -> str:
    found = roles().get(one.role)
    return f"{found.name if found else one.role}（{one.unit}）"


def _remind(campaign: Campaign) -> None:
    """The heads of the units with something open, and the security administrators."""
    open_items = Confirmation.objects.filter(campaign=campaign, verdict=Confirmation.Verdict.OPEN)
    if not open_items.exists():
        return
    title = format_lazy(_("授权复核 {half}：请在 {due} 前逐项确认"), half=campaign.half, due=campaign.due)
    told = [one for one in holders("access.endorse", "access.grant") if open_items.visible_to(one).exists()]
    notify.send(told, RECERTIFY, title, link=reverse("powers:campaign", args=[campaign.pk]))


def holders(*permissions: str) -> Iterable[Account]:
    """The accounts that hold one of these permissions today."""
    keys = [key for key, role in roles().items() if role.may & set(permissions)]
    held = Grant.objects.in_force(timezone.localdate()).filter(role__in=keys).values("account")
    found = Account.objects.filter(pk__in=held).select_related("person__unit")
    return [one for one in found if any(policy.may(one, key) for key in permissions)]
