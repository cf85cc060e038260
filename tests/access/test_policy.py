from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qingdun.access import policy
from qingdun.access.models import Account, Unit
from qingdun.access.policy import Scope

pytestmark = pytest.mark.django_db
TODAY = date.today()


def fresh(account: Account) -> Account:
    """The account as the next request would load it."""
    return Account.objects.get(pk=account.pk)


@pytest.fixture
def tree(make_unit: Callable[..., Any]) -> dict[str, Any]:
    root = make_unit("city")
    edu = make_unit("edu", parent=root)
    return {
        "city": root,
        "edu": edu,
        "school": make_unit("school", parent=edu),
        "education": make_unit("education", parent=root),
    }


@pytest.mark.parametrize(
    ("granted", "reaches"),
    [
        ("city", {"city", "edu", "school", "education", "platform"}),
        ("edu", {"edu", "school"}),
        ("school", {"school"}),
        ("education", {"education"}),
    ],
)
def test_a_grant_reaches_its_unit_and_all_below_and_nothing_else(
    make_account: Callable[..., Any], tree: dict[str, Any], granted: str, reaches: set[str]
) -> None:
    account = make_account("unit_contact", unit=tree[granted])
    things = {**tree, "platform": object()}
    assert {name for name, thing in things.items() if policy.may(account, "inventory.view", thing)} == reaches
    held = policy.scope(account, "inventory.view")
    assert set(Unit.objects.filter(held.q("path")).values_list("code", flat=True)) == reaches - {"platform"}


def test_a_permission_the_role_lacks_is_denied_everywhere(
    make_account: Callable[..., Any], tree: dict[str, Any]
) -> None:
    account = make_account("unit_contact", unit=tree["city"])
    assert not policy.may(account, "logs.search")
    assert not policy.may(account, "logs.search", tree["city"])
    with pytest.raises(PermissionDenied, match="没有权限：检索日志"):
        policy.require(account, "logs.search")


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(-1, 1, True), (0, 0, True), (-2, -1, False), (1, 2, False)],
    ids=["inside", "only today", "ended yesterday", "starts tomorrow"],
)
def test_a_grant_ends_by_itself(
    make_account: Callable[..., Any], make_grant: Callable[..., Any], starts: int, ends: int, holds: bool
) -> None:
    account = make_account()
    make_grant(account, "unit_contact", starts=TODAY + timedelta(starts), ends=TODAY + timedelta(ends))
    assert policy.may(fresh(account), "inventory.view") is holds


def test_an_inactive_account_has_nothing(make_account: Callable[..., Any]) -> None:
    account = make_account("unit_contact")
    assert policy.may(account, "inventory.view")
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert not policy.may(fresh(account), "inventory.view")


def test_nobody_has_nothing() -> None:
    for nobody in (AnonymousUser(), None, object()):
        assert not policy.may(nobody, "inventory.view")
    assert not AnonymousUser().has_perm("inventory.view")


def test_a_role_whose_file_is_gone_gives_nothing(make_account: Callable[..., Any]) -> None:
    account = make_account("unit_contact")
    account.grants.update(role="retired_role")
    assert not policy.may(fresh(account), "inventory.view")


def test_all_questions_of_a_request_cost_one_query(make_account: Callable[..., Any], tree: dict[str, Any]) -> None:
    account = fresh(make_account("security_officer", unit=tree["city"]))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for permission in ("inventory.view", "logs.search", "audit.view", "web.jobs"):
            policy.may(account, permission, tree["edu"])
        policy.roles_of(account)
    assert len(queries) == 1


def test_django_asks_the_same_policy(make_account: Callable[..., Any], tree: dict[str, Any]) -> None:
    account = make_account("unit_contact", unit=tree["edu"])
    assert account.has_perm("inventory.view", tree["school"])
    assert not account.has_perm("inventory.view", tree["education"])


def test_an_empty_scope_filters_everything_out(tree: dict[str, Any]) -> None:
    nowhere = Scope("inventory.view", ())
    assert not nowhere and not nowhere.covers("/city/")
    assert not Unit.objects.filter(nowhere.q("path")).exists()
