from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from qingdun.access.actions import create_unit
from qingdun.access.models import Account, Grant, Unit


@pytest.mark.parametrize("field", ["is_superuser", "is_staff", "groups", "user_permissions"])
def test_an_account_has_no_field_that_would_give_power_by_itself(field: str) -> None:
    with pytest.raises(FieldDoesNotExist):
        Account._meta.get_field(field)
    assert not hasattr(Account, field)


def test_there_is_no_superuser_to_create() -> None:
    with pytest.raises(CommandError, match="没有超级管理员"):
        call_command("createsuperuser")
    assert not hasattr(Account.objects, "create_superuser")


@pytest.mark.django_db
def test_the_tree_has_one_root(make_unit: Callable[..., Any]) -> None:
    make_unit()
    with pytest.raises(ValidationError, match="只能有一个根"):
        create_unit("second", "另一个根", "city", None, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(code="second", name="另一个根", level="city", path="/second/")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["city/edu/", "/city/edu", "edu"])
def test_a_path_without_its_slashes_is_refused_by_the_database(make_unit: Callable[..., Any], path: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(code="edu", name="教育局", level="city", parent=make_unit(), path=path)


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["Root", "9lives", "ab", "a" * 41, "with space", "trailing\n", "a/b"])
def test_usernames_that_are_none(make_account: Callable[..., Any], username: str) -> None:
    with pytest.raises(ValidationError):
        make_account(username=username)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["a/b", "A", "trailing\n", "", "下级"])
def test_codes_that_would_break_the_tree(make_unit: Callable[..., Any], code: str) -> None:
    with pytest.raises(ValidationError):
        create_unit(code, "某", "city", make_unit(), by=None)


@pytest.mark.django_db
def test_a_term_never_ends_before_it_starts(make_account: Callable[..., Any]) -> None:
    account = make_account("unit_contact")
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.update(ends="2000-01-01")
    assert account.has_perm("inventory.view")


@pytest.mark.django_db
def test_accounts_are_visible_by_territory(make_account: Callable[..., Any], make_unit: Callable[..., Any]) -> None:
    root = make_unit()
    edu = make_unit("edu", parent=root)
    officer, teacher = make_account("system_admin", unit=root), make_account("unit_contact", unit=edu)
    assert set(Account.objects.visible_to(officer)) == {officer, teacher}
    assert not Account.objects.visible_to(teacher).exists()
