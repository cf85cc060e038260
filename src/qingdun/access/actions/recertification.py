from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions.grants import NotLawful, put_an_end
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Campaign, Confirmation, Grant

LASTS = timedelta(days=30)
Verdict = Confirmation.Verdict


def half_of(day: date) -> str:
    """`2026-H2`: the half-year a day belongs to."""
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


@transaction.atomic
def open_campaign(today: date, due: date, *, by: Account | None) -> Campaign:
    """Ask for the confirmation of every grant in force. Officers' terms end and are renewed by the other officers.

    Raises NotLawful when this half-year has its campaign.
    """
    if by is not None:
        policy.require(by, "access.grant", policy.ROOT)
    half = half_of(today)
    if Campaign.objects.filter(half=half).exists():
        raise NotLawful(_("%s 的授权复核已经发起") % half)
    if due <= today:
        raise NotLawful(_("截止日须在发起日之后"))
    campaign = Campaign.objects.create(half=half, opened=today, due=due)
    rows = Grant.objects.in_force(today).filter(delegation=None).exclude(role__in=OFFICES)
    Confirmation.objects.bulk_create(Confirmation(campaign=campaign, grant=one) for one in rows)
    audit.record(by, "access.recertify", campaign)
    return campaign


@transaction.atomic
def confirm(item: Confirmation, keep: bool, *, by: Account, reason: str = "") -> None:
    """Say that a grant is still needed, or end it: by the head of the holder's unit or the security administrator."""
    found = (
        Confirmation.objects.select_for_update(of=("self",))
        .select_related("campaign", "grant__account__person__unit", "grant__unit")
        .get(pk=item.pk)
    )
    holder = found.grant.account.person
    if not policy.may(by, "access.endorse", holder):
        policy.require(by, "access.grant", found.grant)
    if holder.pk == by.person_id:
        raise NotLawful(_("不得复核自己的授权"))
    if found.campaign.closed or found.verdict != Verdict.OPEN:
        raise NotLawful(_("这项授权已经复核"))
    _decide(found, Verdict.CONFIRMED if keep else Verdict.ENDED, by)
    audit.record(
        by, "access.confirm_grant", found.grant, reason, changes={"verdict": ("", found.get_verdict_display())}
    )
    if not keep:
        put_an_end(Grant.objects.filter(pk=found.grant_id), by=by, reason=reason or str(_("授权复核")))


@transaction.atomic
def close_campaign(campaign: Campaign, today: date) -> list[Grant]:
    """After its day: what nobody confirmed ends by itself. Returns the grants that ended."""
    found = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if found.closed or found.due >= today:
        return []
    left = found.items.filter(verdict=Verdict.OPEN)
    keys = list(left.values_list("grant", flat=True))
    left.update(verdict=Verdict.LAPSED, at=timezone.now())
    ended = put_an_end(Grant.objects.filter(pk__in=keys), by=None, reason=str(_("授权复核逾期")))
    Campaign.objects.filter(pk=found.pk).update(closed=timezone.now())
    audit.record(None, "access.recertify", found, str(_("逾期未复核的授权已终止：%s 项") % len(ended)))
    return ended


def _decide(item: Confirmation, verdict: Confirmation.Verdict, by: Account) -> None:
    item.verdict, item.by, item.at = verdict, by, timezone.now()
    item.save(update_fields=["verdict", "by", "at"])
