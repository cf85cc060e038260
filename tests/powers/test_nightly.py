from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.access import actions, policy
from qingdun.access.actions import NotLawful
from qingdun.access.models import Account, Campaign, Confirmation, Emergency, Grant, PowerCheck
from qingdun.notify.models import Message
from qingdun.powers import nightly

pytestmark = pytest.mark.django_db
TODAY = date.today()
DAY = timedelta(1)


def progress(done: int, total: int = 0, message: Any = "") -> None:
    pass


def titles(account: Any) -> list[str]:
    return [str(one) for one in Message.objects.filter(account=account).values_list("title", flat=True)]


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (8, 0), (7, 1), (1, 1), (0, 0)])
def test_a_holder_hears_before_a_grant_ends(
    make_account: Callable[..., Any], make_grant: Callable[..., Any], days: int, told: int
) -> None:
    account = make_account()
    make_grant(account, "unit_contact", ends=TODAY + days * DAY)
    nightly.expiring(progress)
    assert len(titles(account)) == told


def test_what_is_renewed_is_not_worth_a_word(make_account: Callable[..., Any], make_grant: Callable[..., Any]) -> None:
    account = make_account()
    make_grant(account, "unit_contact", ends=TODAY + 7 * DAY)
    make_grant(account, "unit_contact", starts=TODAY + 8 * DAY, ends=TODAY + 90 * DAY)
    nightly.expiring(progress)
    assert titles(account) == []


def test_what_nobody_confirms_ends_by_itself_and_what_is_confirmed_stays(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    edu = make_unit("edu", parent=make_unit())
    head, kept, lost, sacked = (make_account(role, unit=edu) for role in ("unit_head", *["unit_contact"] * 3))
    officer = make_account("audit_admin")
    campaign = actions.open_campaign(TODAY, TODAY + 10 * DAY, by=None)
    item = {one.grant.account_id: one for one in Confirmation.objects.select_related("grant")}
    assert officer.pk not in item, "officers' terms are the other officers' business"
    actions.confirm(item[kept.pk], True, by=head)
    actions.confirm(item[sacked.pk], False, by=head)
    with pytest.raises(NotLawful, match="自己的授权"):
        actions.confirm(item[head.pk], True, by=head)
    Campaign.objects.update(due=TODAY - DAY, opened=TODAY - 9 * DAY)
    nightly.recertify(progress)
    holds = {one: policy.may(Account.objects.get(pk=one.pk), "inventory.view") for one in (head, kept, lost, sacked)}
    assert holds == {head: False, kept: True, lost: False, sacked: False}
    assert "逾期未复核" in titles(lost)[0]
    campaign.refresh_from_db()
    assert campaign.closed and actions.close_campaign(campaign, TODAY) == []


def test_a_half_year_opens_itself_once_and_tells_the_heads(
    make_account: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, _holder = make_account("unit_head"), make_account("unit_contact")
    Grant.objects.update(starts="2026-01-01", ends="2027-12-31")
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2027, 7, 3))
    for _night in range(2):
        nightly.recertify(progress)
    assert [one.half for one in Campaign.objects.all()] == ["2027-H2"] and len(titles(head)) == 1


def test_the_middle_of_a_half_year_opens_nothing(
    make_account: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2027, 4, 3))
    nightly.recertify(progress)
    assert not Campaign.objects.exists()


def test_the_union_of_powers_is_looked_at_every_night(
    make_account: Callable[..., Any], make_person: Callable[..., Any]
) -> None:
    officer, person = make_account("security_admin"), make_person("孙三")
    make_account("operations_engineer", person=person)
    second = make_account(person=person)
    nightly.check(progress)
    assert PowerCheck.objects.latest("at").problems == [] and titles(officer) == []
    Grant.objects.create(account=second, role="security_officer", unit=person.unit, starts=TODAY, ends=TODAY)
    nightly.check(progress)
    found = PowerCheck.objects.latest("at")
    assert [(one["of"], one["name"], one["rule"]) for one in found.problems] == [("person", "孙三", "meets")]
    assert found.widest < found.permissions and "1 处问题" in titles(officer)[0]


def test_an_emergency_is_recalled_until_it_is_reviewed(make_account: Callable[..., Any], make_unit: Any) -> None:
    auditor, now = make_account("audit_admin"), timezone.now()
    one = Emergency.objects.create(
        number="YJ-1", account=make_account(), permission="logs.search", unit=make_unit(), starts=now - DAY, ends=now
    )
    nightly.emergency_reviews(progress)
    actions.review_emergency(one, "合规", by=auditor)
    nightly.emergency_reviews(progress)
    assert len(titles(auditor)) == 1
