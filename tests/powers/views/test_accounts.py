from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qingdun.access.models import Account
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db


def test_the_account_list_shows_persons_units_roles_and_terms(
    visitor: Callable[..., Client], make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    edu = make_unit("edu", parent=make_unit(), name="教育局")
    contact = make_account("unit_contact", unit=edu, username="qianer")
    client = visitor("system_admin")
    page = client.get("/powers/accounts/").content.decode()
    ends = contact.grants.get().ends
    for word in ("qianer", contact.person.name, "教育局", "业主单位联系人", f"到 {ends}", "系统管理员"):
        assert word in page, word
    assert "qianer" not in client.get("/powers/accounts/", {"q": "nobody"}).content.decode()
    assert "qianer" in client.get("/powers/accounts/", {"role": "unit_contact"}).content.decode()


def test_the_account_list_costs_the_same_for_many(
    visitor: Callable[..., Client], make_account: Callable[..., Any]
) -> None:
    client = visitor("system_admin")
    client.get("/powers/accounts/")
    with CaptureQueriesContext(connection) as few:
        client.get("/powers/accounts/")
    for _ in range(12):
        make_account("unit_contact")
    with CaptureQueriesContext(connection) as many:
        client.get("/powers/accounts/")
    assert len(many) == len(few) <= 15


def test_the_matrix_shows_every_role(visitor: Callable[..., Client]) -> None:
    page = visitor("security_admin").get("/powers/roles/").content.decode()
    assert "审计管理员" in page and "核验审计链" in page


def test_a_one_time_password_is_shown_once_and_kept_nowhere(
    visitor: Callable[..., Client], make_account: Callable[..., Any], client: Client
) -> None:
    account = make_account("unit_contact", username="qianer")
    officer = visitor("security_admin")
    page = officer.post(f"/powers/accounts/{account.pk}/password", {"reason": "忘记口令"})
    password = page.content.decode().split('id="one-time">')[1].split("<")[0]
    assert page.headers["Cache-Control"].startswith("max-age=0") and "no-store" in page.headers["Cache-Control"]
    assert password not in officer.get(f"/powers/accounts/{account.pk}/").content.decode()
    assert not any(password in str(entry.content()) for entry in Entry.objects.all())
    answer = client.post("/login/", {"username": "qianer", "password": password})
    assert answer.status_code == 302 and client.get("/").headers["Location"] == "/password/"


def test_nobody_hands_out_a_password_for_himself_or_for_an_officer(
    visitor: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    client = visitor("security_admin")
    for account in (client.account, make_account("audit_admin")):
        assert client.get(f"/powers/accounts/{account.pk}/password").status_code == 403
        assert client.post(f"/powers/accounts/{account.pk}/password", {"reason": "试试"}).status_code == 403
        assert Account.objects.get(pk=account.pk).check_password("correct-Horse-9-battery")


def test_an_old_proof_is_not_enough_to_disable_or_to_hand_out_a_password(
    visitor: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    officer, account = visitor("security_admin"), make_account()
    session = officer.session
    session["proven"] = dict.fromkeys(session["proven"], 0)
    session.save()
    for act in ("disable", "password"):
        answer = officer.post(f"/powers/accounts/{account.pk}/{act}", {"reason": "试试"})
        assert answer.status_code == 302 and "/factors/again/" in answer.headers["Location"]
        api = officer.post(f"/api/v1/powers/accounts/{account.pk}/{act}", {"reason": "试试"}, "application/json")
        assert api.status_code == 403
    account.refresh_from_db()
    assert account.is_active
