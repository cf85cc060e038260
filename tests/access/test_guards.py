from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Grant

TODAY = date.today()


def put(account: Any, role: str, *, starts: date = TODAY, ends: date = TODAY, **more: Any) -> Grant:
    """A grant written past every action, as a script with the database's password would."""
    return Grant.objects.create(account=account, role=role, unit=account.person.unit, starts=starts, ends=ends, **more)


@pytest.mark.django_db
@pytest.mark.parametrize("second", [*OFFICES[1:], "unit_contact"])
def test_a_second_role_beside_an_office_is_refused_by_the_database(
    make_account: Callable[..., Any], make_person: Callable[..., Any], second: str
) -> None:
    person = make_person()
    put(make_account(person=person), OFFICES[0])
    other = make_account(person=person)
    with pytest.raises(IntegrityError, match="不得兼任"), transaction.atomic():
        put(other, second)
    put(other, second, starts=TODAY + timedelta(1), ends=TODAY + timedelta(2))
    put(make_account(), second)


@pytest.mark.django_db
def test_an_office_is_refused_beside_any_role_and_not_beside_an_ended_one(make_account: Callable[..., Any]) -> None:
    account = make_account()
    held = put(account, "unit_contact")
    with pytest.raises(IntegrityError), transaction.atomic():
        put(account, "audit_admin")
    Grant.objects.filter(pk=held.pk).update(ended=timezone.now())
    put(account, "audit_admin")
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=held.pk).update(ended=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=held.pk).update(ended=None, role="security_admin")


@pytest.mark.django_db
def test_an_account_is_not_moved_to_a_person_whose_office_it_would_meet(
    make_account: Callable[..., Any], make_person: Callable[..., Any]
) -> None:
    officer, clerk, nobody = make_account(), make_account(), make_person()
    put(officer, "audit_admin")
    put(clerk, "system_admin")
    with pytest.raises(IntegrityError, match="不得兼任"), transaction.atomic():
        Account.objects.filter(pk=clerk.pk).update(person=officer.person)
    Account.objects.filter(pk=clerk.pk).update(person=nobody)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_office_is_written(
    make_account: Callable[..., Any], make_person: Callable[..., Any]
) -> None:
    person = make_person()
    accounts = [make_account(person=person) for _office in OFFICES]
    start, outcomes = threading.Barrier(3), []

    def write(account: Any, role: str) -> None:
        start.wait()
        try:
            with transaction.atomic():
                put(account, role)
            outcomes.append("written")
        except IntegrityError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=pair) for pair in zip(accounts, OFFICES, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "written"]


@pytest.mark.django_db
def test_the_guards_stand_after_every_migrate(make_account: Callable[..., Any]) -> None:
    call_command("migrate", "access", verbosity=0)
    account = make_account()
    put(account, "audit_admin")
    with pytest.raises(IntegrityError), transaction.atomic():
        put(account, "system_admin")
