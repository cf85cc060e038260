from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions import NotLawful, review_emergency, start_emergency, stop_emergency
from qingdun.access.models import Account, Emergency
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db


def fresh(account: Any) -> Account:
    return Account.objects.get(pk=account.pk)


@pytest.fixture
def holder(make_account: Callable[..., Any]) -> Any:
    return make_account()


@pytest.fixture
def two(make_account: Callable[..., Any]) -> tuple[Any, Any]:
    return make_account("unit_head"), make_account("security_admin")


def test_it_gives_one_thing_for_minutes_and_marks_what_is_done(holder: Any, two: Any, make_unit: Any) -> None:
    root = make_unit()
    given = start_emergency(holder, "logs.search", root, 30, by=two, reason="排查攻击")
    account = fresh(holder)
    assert policy.may(account, "logs.search", root) and not policy.may(account, "logs.export")
    audit.record(account, "logs.export", "试", "导出")
    assert Entry.objects.order_by("-sequence")[0].reason == f"【{given.number}】导出"
    Emergency.objects.update(ends=timezone.now(), starts=timezone.now() - timedelta(minutes=30))
    after = fresh(holder)
    assert not policy.may(after, "logs.search")
    audit.record(after, "access.login", "试", "之后")
    assert Entry.objects.order_by("-sequence")[0].reason == "之后"


def test_a_role_can_be_lent_and_stopped(holder: Any, two: Any, make_unit: Any) -> None:
    given = start_emergency(holder, "operations_engineer", make_unit(), 10, by=two, reason="抢修")
    assert {role.key for role in policy.roles_of(fresh(holder))} == {"operations_engineer"}
    with pytest.raises(PermissionDenied):
        stop_emergency(given, by=two[0])
    stop_emergency(given, by=holder, reason="修好了")
    assert not policy.may(fresh(holder), "logs.search")
    with pytest.raises(NotLawful, match="已经结束"):
        stop_emergency(given, by=two[1])


@pytest.mark.parametrize("power", ["audit.view", "access.grant", "access.endorse", "audit_admin", "unit_head"])
def test_it_never_gives_power_over_power(holder: Any, two: Any, make_unit: Any, power: str) -> None:
    with pytest.raises(NotLawful, match="不含账号、授权与审计"):
        start_emergency(holder, power, make_unit(), 10, by=two, reason="")
    assert not Emergency.objects.exists()


@pytest.mark.parametrize(("minutes", "allowed"), [(0, False), (1, True), (30, True), (31, False), (241, False)])
def test_minutes(holder: Any, two: Any, make_unit: Any, minutes: int, allowed: bool) -> None:
    if allowed:
        start_emergency(holder, "logs.search", make_unit(), minutes, by=two, reason="")
    else:
        with pytest.raises(NotLawful, match="1 至 30 分钟"):
            start_emergency(holder, "logs.search", make_unit(), minutes, by=two, reason="")


def test_an_installation_may_choose_another_ceiling_but_not_beyond_four_hours(
    holder: Any, two: Any, make_unit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGDUN_EMERGENCY_MINUTES", "999")
    with pytest.raises(NotLawful, match="1 至 240 分钟"):
        start_emergency(holder, "logs.search", make_unit(), 241, by=two, reason="")


def test_no_officer_gets_one_and_the_holder_is_none_of_the_two(
    holder: Any, two: Any, make_unit: Any, make_account: Callable[..., Any]
) -> None:
    with pytest.raises(NotLawful, match="三员不得接触业务"):
        start_emergency(make_account("system_admin"), "logs.search", make_unit(), 5, by=two, reason="")
    for pair in ((holder, two[0]), (two[0], two[0]), (make_account(person=holder.person), two[0])):
        with pytest.raises(NotLawful, match="本人以外的两人"):
            start_emergency(holder, "logs.search", make_unit(), 5, by=pair, reason="")


def test_a_lent_role_meets_no_role_it_excludes(two: Any, make_unit: Any, make_account: Callable[..., Any]) -> None:
    with pytest.raises(NotLawful, match="不得兼任"):
        start_emergency(make_account("security_officer"), "operations_engineer", make_unit(), 5, by=two, reason="")


def test_it_is_reviewed_once_afterwards_by_another(
    holder: Any, two: Any, make_unit: Any, make_account: Callable[..., Any]
) -> None:
    given, reviewer = (
        start_emergency(holder, "logs.search", make_unit(), 5, by=two, reason=""),
        make_account("audit_admin"),
    )
    with pytest.raises(NotLawful, match="还没有结束"):
        review_emergency(given, "合规", by=reviewer)
    stop_emergency(given, by=holder)
    with pytest.raises(PermissionDenied):
        review_emergency(given, "合规", by=two[1])
    review_emergency(given, "合规", by=reviewer)
    with pytest.raises(NotLawful, match="已经复盘"):
        review_emergency(given, "再来", by=reviewer)
    given.refresh_from_db()
    assert (given.reviewer, given.review) == (reviewer, "合规")


def test_everything_is_still_one_query(holder: Any, two: Any, make_unit: Any) -> None:
    start_emergency(holder, "logs.search", make_unit(), 5, by=two, reason="")
    account = fresh(holder)
    with CaptureQueriesContext(connection) as queries:
        policy.may(account, "logs.search")
        policy.may(account, "inventory.view")
        assert account.acting_under
    assert len(queries) == 1
