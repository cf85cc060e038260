from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from qingdun.access import policy
from qingdun.access.actions import NotLawful, delegate, end_delegation, end_grant
from qingdun.access.delegations import acting_for
from qingdun.access.models import Account, Delegation, Grant

pytestmark = pytest.mark.django_db
TODAY, WEEK = date.today(), timedelta(7)


def may(account: Any, permission: str = "inventory.view") -> bool:
    return policy.may(Account.objects.get(pk=account.pk), permission)


@pytest.fixture
def giver(make_account: Callable[..., Any]) -> Any:
    return make_account("unit_contact")


@pytest.fixture
def taker(make_account: Callable[..., Any]) -> Any:
    return make_account()


def test_what_is_lent_works_until_its_day_or_until_it_is_taken_back(giver: Any, taker: Any) -> None:
    assert not may(taker)
    lent = delegate(taker, giver.grants.get(), TODAY, TODAY + WEEK, by=giver, reason="出差")
    assert may(taker) and may(giver)
    assert taker.grants.get().ends == TODAY + WEEK
    end_delegation(lent, by=giver, reason="提前回来")
    assert not may(taker) and may(giver)
    with pytest.raises(NotLawful, match="已经终止"):
        end_delegation(lent, by=giver, reason="")


@pytest.mark.parametrize("how", ["revoked", "disabled"])
def test_it_ends_with_the_givers_own_grant(giver: Any, taker: Any, make_account: Callable[..., Any], how: str) -> None:
    delegate(taker, giver.grants.get(), TODAY, TODAY + WEEK, by=giver, reason="出差")
    if how == "revoked":
        end_grant(giver.grants.get(), by=make_account("security_admin"), reason="")
    else:
        Account.objects.filter(pk=giver.pk).update(is_active=False)
    assert not may(taker)


def test_the_database_asks_the_giver_even_when_rows_are_ended_past_the_actions(giver: Any, taker: Any) -> None:
    delegate(taker, giver.grants.get(), TODAY, TODAY + WEEK, by=giver, reason="出差")
    Grant.objects.filter(account=giver).update(ended="2020-01-01T00:00:00Z")
    assert not may(taker)


def test_it_cannot_be_passed_on(giver: Any, taker: Any, make_account: Callable[..., Any]) -> None:
    delegate(taker, giver.grants.get(), TODAY, TODAY + WEEK, by=giver, reason="出差")
    third = make_account()
    with pytest.raises(NotLawful, match="不得再转委托"):
        delegate(third, taker.grants.get(), TODAY, TODAY + WEEK, by=taker, reason="")
    with pytest.raises(NotLawful, match="自己持有"):
        delegate(third, giver.grants.get(), TODAY, TODAY + WEEK, by=taker, reason="")
    assert Delegation.objects.count() == 1


def test_it_makes_no_forbidden_pair(make_account: Callable[..., Any]) -> None:
    engineer, supervisor = make_account("operations_engineer"), make_account("security_officer")
    with pytest.raises(NotLawful, match="不得兼任"):
        delegate(engineer, supervisor.grants.get(), TODAY, TODAY + WEEK, by=supervisor, reason="")
    assert not Delegation.objects.exists(), "nothing half-done"


@pytest.mark.parametrize("office", ["system_admin", "security_admin", "audit_admin"])
@pytest.mark.parametrize("whole", [True, False])
def test_an_officer_neither_lends_nor_borrows(
    giver: Any, taker: Any, make_account: Callable[..., Any], office: str, whole: bool
) -> None:
    officer = make_account(office)
    with pytest.raises(NotLawful, match="三员"):
        delegate(taker, officer.grants.get() if whole else None, TODAY, TODAY + WEEK, by=officer, reason="")
    with pytest.raises(NotLawful, match="三员"):
        delegate(officer, giver.grants.get() if whole else None, TODAY, TODAY + WEEK, by=giver, reason="")


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [(-1, 5, "从今天"), (3, 2, "从今天"), (0, 120, "最长"), (0, 90, "不得长于自己")],
    ids=["past", "backwards", "too long", "longer than the own"],
)
def test_terms_that_are_none(
    make_account: Callable[..., Any], make_grant: Callable[..., Any], taker: Any, starts: int, ends: int, words: str
) -> None:
    giver = make_account()
    held = make_grant(giver, "unit_contact", ends=TODAY + timedelta(80))
    with pytest.raises(NotLawful, match=words):
        delegate(taker, held, TODAY + timedelta(starts), TODAY + timedelta(ends), by=giver, reason="")


def test_approvals_are_lent_apart_from_roles(giver: Any, taker: Any, make_account: Callable[..., Any]) -> None:
    assert list(acting_for(taker)) == []
    lent = delegate(taker, None, TODAY, TODAY + WEEK, by=giver, reason="出差")
    assert list(acting_for(taker)) == [giver] and not may(taker)
    assert list(acting_for(make_account())) == []
    end_delegation(lent, by=taker, reason="不便代办")
    assert list(acting_for(taker)) == []


def test_who_became_an_officer_acts_for_nobody(giver: Any, taker: Any, make_grant: Callable[..., Any]) -> None:
    delegate(taker, None, TODAY, TODAY + WEEK, by=giver, reason="出差")
    make_grant(taker, "audit_admin", starts=TODAY, ends=TODAY)
    assert list(acting_for(taker)) == []


def test_a_stranger_ends_nobodys_delegation(giver: Any, taker: Any, make_account: Callable[..., Any]) -> None:
    lent = delegate(taker, None, TODAY, TODAY + WEEK, by=giver, reason="出差")
    with pytest.raises(PermissionDenied):
        end_delegation(lent, by=make_account("unit_head"), reason="")
    end_delegation(lent, by=make_account("security_admin"), reason="")
