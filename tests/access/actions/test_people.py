from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from qingdun.access import policy
from qingdun.access.actions import (
    NotLawful,
    change_job,
    create_account,
    delegate,
    edit_person,
    enable,
    leave,
    register_person,
    what_ends,
)
from qingdun.access.models import Account, Delegation, Grant, Person
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def registrar(make_account: Callable[..., Any]) -> Any:
    return make_account("system_admin")


def test_a_person_is_entered_and_corrected_on_record_without_the_number(registrar: Any, make_unit: Any) -> None:
    person = register_person(Person(name="钱二", unit=make_unit(), post="科员", phone="13800001234"), by=registrar)
    person.phone, person.name = "13800009999", "钱贰"
    edit_person(person, by=registrar, reason="笔误")
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.reason) == ("access.create", "笔误")
    assert "钱贰" in entry.changes and "phone" in entry.changes and "13800009999" not in entry.changes
    before = Entry.objects.count()
    edit_person(person, by=registrar)
    assert Entry.objects.count() == before, "nothing changed, nothing recorded"


def test_nobody_else_enters_people_and_nonsense_is_refused(
    make_account: Callable[..., Any], make_unit: Any, registrar: Any
) -> None:
    for role in ("security_admin", "audit_admin", "unit_head"):
        with pytest.raises(PermissionDenied):
            register_person(Person(name="某", unit=make_unit()), by=make_account(role))
    with pytest.raises(ValidationError):
        register_person(Person(name="", unit=make_unit()), by=registrar)


def test_a_new_job_ends_every_grant_and_delegation_of_the_old_one_today(
    registrar: Any, make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    old, new = make_unit("edu", parent=make_unit()), make_unit("health", parent=make_unit())
    account, friend = make_account("unit_contact", unit=old), make_account(unit=old)
    held = account.grants.get()
    delegate(friend, held, TODAY, TODAY + timedelta(5), by=account, reason="休假")
    delegate(friend, None, TODAY, TODAY + timedelta(5), by=account, reason="休假")
    named = what_ends(account.person, leaving=False)
    assert (list(named.grants), len(named.delegations), named.accounts) == ([held], 2, ())
    change_job(account.person, new, "科长", by=registrar, reason="组织任命")
    assert (account.person.unit, account.person.post) == (new, "科长")
    for one in (account, friend):
        assert not policy.may(Account.objects.get(pk=one.pk), "inventory.view")
    assert not Grant.objects.standing(TODAY).filter(account__in=[account, friend]).exists()
    assert not Delegation.objects.filter(ended=None).exists()
    acts = list(Entry.objects.values_list("action", flat=True))
    assert acts.count("access.end_grant") == 2 and acts.count("access.change_job") == 1
    assert Account.objects.get(pk=account.pk).is_active


def test_who_leaves_leaves_with_nothing(
    registrar: Any, make_account: Callable[..., Any], visitor: Callable[..., Client]
) -> None:
    client: Any = visitor("unit_contact")
    second = make_account(person=client.account.person)
    assert client.get("/assets/hosts/").status_code == 200
    ended = leave(client.account.person, TODAY, by=registrar, reason="退休")
    assert {one.pk for one in ended.accounts} == {client.account.pk, second.pk}
    assert client.get("/assets/hosts/").status_code == 302, "the session ended with the account"
    assert not Account.objects.filter(person=client.account.person, is_active=True).exists()
    with pytest.raises(NotLawful, match="已离任"):
        enable(second, by=make_account("security_admin"), reason="")
    with pytest.raises(NotLawful, match="已离任"):
        create_account("again", client.account.person, None, by=registrar)
    with pytest.raises(NotLawful, match="已离任"):
        leave(client.account.person, TODAY, by=registrar, reason="")


def test_a_session_does_not_live_again_with_its_account(
    registrar: Any, make_account: Callable[..., Any], visitor: Callable[..., Client]
) -> None:
    from qingdun.access.actions import disable

    client, officer = visitor("unit_contact"), make_account("security_admin")
    account: Any = client.account  # type: ignore[attr-defined]
    disable(account, by=officer, reason="可疑")
    enable(account, by=officer, reason="查清")
    assert client.get("/assets/hosts/").status_code == 302


@pytest.mark.parametrize("act", ["change_job", "leave"])
def test_what_is_refused_and_nothing_half_done(
    registrar: Any, make_account: Callable[..., Any], make_unit: Callable[..., Any], act: str
) -> None:
    other = make_unit("other", parent=make_unit())

    def do(person: Any, by: Any = registrar) -> None:
        if act == "leave":
            leave(person, timezone.localdate(), by=by, reason="")
        else:
            change_job(person, other, "", by=by, reason="")

    with pytest.raises(NotLawful, match="自己"):
        do(registrar.person)
    officer = make_account("audit_admin")
    with pytest.raises(NotLawful, match="三员"):
        do(officer.person)
    holder = make_account("unit_contact")
    with pytest.raises(PermissionDenied):
        do(holder.person, make_account("security_admin"))
    assert holder.grants.get().ended is None and officer.grants.get().ended is None


def test_leaving_ahead_of_time_is_refused(registrar: Any, make_account: Callable[..., Any]) -> None:
    with pytest.raises(NotLawful, match="不能晚于今天"):
        leave(make_account().person, TODAY + timedelta(1), by=registrar, reason="")
