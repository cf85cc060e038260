from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client

from qingdun.access import policy
from qingdun.access.actions import NotLawful, change_password, create_account, create_unit, first_officers, grant
from qingdun.access.models import Account, Grant, Unit
from qingdun.audit.models import Entry

TODAY = date.today()


def acts() -> list[str]:
    return list(Entry.objects.order_by("sequence").values_list("action", flat=True))


@pytest.mark.django_db
def test_a_unit_below_another_takes_its_path(make_unit: Callable[..., Any]) -> None:
    edu = make_unit("edu", parent=make_unit("city"))
    assert make_unit("school", parent=edu).path == "/city/edu/school/"


@pytest.mark.django_db
def test_units_are_added_by_those_who_may_there(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    root = make_unit()
    edu = make_unit("edu", parent=root)
    contact = make_account("unit_contact", unit=edu)
    create_unit("school", "某校", "county", edu, by=contact)
    with pytest.raises(PermissionDenied):
        create_unit("health", "卫健局", "city", root, by=contact)
    with pytest.raises(PermissionDenied):
        create_unit("other", "另一个市", "city", None, by=contact)


@pytest.mark.django_db
@pytest.mark.parametrize("weak", ["short", "1234567890123", "password123", "zhangsan-12"])
def test_a_weak_password_opens_no_account(make_person: Callable[..., Any], weak: str) -> None:
    with pytest.raises(ValidationError):
        create_account("zhangsan", make_person(), weak, by=None)
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_accounts_are_made_by_the_system_admin_and_nobody_else(
    make_account: Callable[..., Any], make_person: Callable[..., Any], password: str
) -> None:
    made = create_account("newcomer", make_person(), password, by=make_account("system_admin"))
    assert made.must_change_password and not made.grants.exists()
    assert acts()[-1] == "access.create"
    for role in ("security_admin", "audit_admin", "security_officer"):
        with pytest.raises(PermissionDenied):
            create_account("another", make_person(), password, by=make_account(role))


@pytest.mark.django_db
def test_roles_are_granted_by_the_security_admin_and_nobody_else(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    account, root, end = make_account(), make_unit(), TODAY + timedelta(30)
    given = grant(account, "unit_contact", root, TODAY, end, by=make_account("security_admin"), reason="到岗")
    assert policy.may(account, "inventory.view"), "the account at hand must not remember that it had nothing"
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.subject_id, entry.reason) == ("access.grant", str(given.pk), "到岗")
    for role in ("system_admin", "audit_admin", "security_officer"):
        with pytest.raises(PermissionDenied):
            grant(account, "bureau_leader", root, TODAY, end, by=make_account(role), reason="")


@pytest.mark.django_db
def test_exclusion_holds_per_person_whatever_the_account(
    make_account: Callable[..., Any], make_person: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    person, root = make_person("赵一"), make_unit()
    make_account("audit_admin", person=person)
    second = make_account(person=person)
    with pytest.raises(NotLawful, match="赵一 已是审计管理员，同一自然人不得兼任业主单位联系人"):
        grant(second, "unit_contact", root, TODAY, TODAY, by=None, reason="")
    assert Grant.objects.count() == 1


@pytest.mark.django_db
def test_exclusion_holds_only_where_terms_meet(make_account: Callable[..., Any], make_unit: Callable[..., Any]) -> None:
    account, root, day = make_account(), make_unit(), timedelta(1)
    grant(account, "audit_admin", root, TODAY, TODAY + 10 * day, by=None, reason="")
    with pytest.raises(NotLawful):
        grant(account, "unit_contact", root, TODAY + 10 * day, TODAY + 20 * day, by=None, reason="")
    grant(account, "unit_contact", root, TODAY + 11 * day, TODAY + 20 * day, by=None, reason="")


@pytest.mark.django_db
def test_a_grant_of_nothing_or_backwards_is_refused(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    account, root = make_account(), make_unit()
    with pytest.raises(NotLawful, match="没有角色 root"):
        grant(account, "root", root, TODAY, TODAY, by=None, reason="")
    with pytest.raises(NotLawful, match="早于"):
        grant(account, "unit_contact", root, TODAY, TODAY - timedelta(1), by=None, reason="")


@pytest.mark.django_db(transaction=True)
def test_two_grants_at_once_cannot_each_find_the_other_absent(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    account, root = make_account(), make_unit()
    outcomes: list[str] = []

    def give(role: str) -> None:
        try:
            grant(Account.objects.get(pk=account.pk), role, root, TODAY, TODAY, by=None, reason="")
            outcomes.append("given")
        except NotLawful:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=[role]) for role in ("audit_admin", "security_admin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["given", "refused"]


@pytest.mark.django_db
def test_a_changed_password_is_on_record_without_the_password(make_account: Callable[..., Any], password: str) -> None:
    account = make_account(must_change=True)
    change_password(account, "another-Fine-1-secret")
    account.refresh_from_db()
    assert account.check_password("another-Fine-1-secret") and not account.must_change_password
    entry = Entry.objects.order_by("-sequence")[0]
    assert entry.action == "access.password" and "secret" not in str(entry.content())


@pytest.mark.django_db
def test_first_start_makes_three_officers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_CITY", "云河市")
    officers = first_officers()
    assert {account.username for account, _password in officers} == {"system_admin", "security_admin", "audit_admin"}
    assert Unit.objects.get().name == "云河市"
    assert len({account.person_id for account, _password in officers}) == 3
    assert len({password for _account, password in officers}) == 3
    for account, password in officers:
        assert account.check_password(password) and account.must_change_password
        assert [role.key for role in policy.roles_of(account)] == [account.username]
    assert first_officers() == []
    assert Account.objects.count() == 3


@pytest.mark.django_db
def test_a_one_time_password_opens_only_its_own_change(settings: Any) -> None:
    for account, password in first_officers():
        client = Client()
        answer = client.post("/login/", {"username": account.username, "password": password})
        assert answer.status_code == 302
        assert client.get("/powers/accounts/").headers["Location"] == "/password/"
