from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from qingdun.access import actions, passwords, rules
from qingdun.access.core.rules import Rules, kinds_in
from qingdun.access.models import OldPassword, SigningRules
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def set_rules(make_account: Callable[..., Any]) -> Callable[..., Rules]:
    by = make_account("security_admin")

    def change(**differ: Any) -> Rules:
        return actions.set_rules(replace(rules.current(), **differ), by=by, reason="按新制度")

    return change


def test_the_security_administrator_sets_them_on_record(set_rules: Callable[..., Rules]) -> None:
    set_rules(tries=4, max_age_days=60)
    assert (rules.current().tries, rules.current().max_age_days, rules.current().history) == (4, 60, 5)
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.reason) == ("access.rules", "按新制度")
    assert '"max_age_days": [90, 60]' in entry.changes and "history" not in entry.changes
    set_rules(tries=4)
    assert Entry.objects.filter(action="access.rules").count() == 1, "nothing changed, nothing to record"


@pytest.mark.parametrize("differ", [{"min_length": 7}, {"history": 4}, {"idle_minutes": 31}, {"wait_minutes": 9}])
def test_a_rule_is_not_made_void(set_rules: Callable[..., Rules], differ: dict[str, int]) -> None:
    with pytest.raises(actions.OutOfBounds, match="之间"):
        set_rules(**differ)
    assert not SigningRules.objects.exists()
    set_rules(tries=4)
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningRules.objects.update(**differ)


@pytest.mark.parametrize("role", ["system_admin", "audit_admin", "security_officer", ""])
def test_nobody_else_sets_them(make_account: Callable[..., Any], role: str) -> None:
    with pytest.raises(PermissionDenied):
        actions.set_rules(Rules(tries=9), by=make_account(role), reason="x")


def test_passwords_of_the_past_do_not_come_back(make_account: Callable[..., Any], password: str) -> None:
    account = make_account()
    used = [f"Another-Horse-{number}-battery" for number in range(5)]
    for one in used:
        actions.change_password(account, one)
    for again in used[-5:]:
        with pytest.raises(ValidationError, match="最近 5 次"):
            actions.change_password(account, again)
    actions.change_password(account, password)  # the sixth back
    assert OldPassword.objects.filter(account=account).count() == 5
    assert not any(one in str(list(OldPassword.objects.values())) for one in used)


@pytest.mark.parametrize(
    ("typed", "word"), [("Ab1-xyz", "太短"), ("abcdefghijkl", "至少 3 种"), ("abcdefgh123", "至少 3 种")]
)
def test_complexity_is_refused_in_words(make_account: Callable[..., Any], typed: str, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        actions.change_password(make_account(), typed)


def test_one_time_passwords_keep_the_strictest_rules(set_rules: Callable[..., Rules]) -> None:
    set_rules(min_length=64, kinds=4)
    for _ in range(20):
        given = passwords.one_time()
        assert len(given) >= 64 and kinds_in(given) == 4
        passwords.Strength().validate(given)


def sign_in(client: Client, username: str, password: str) -> Any:
    return client.post("/login/", {"username": username, "password": password})


def test_an_old_password_opens_nothing_but_its_change(
    client: Client, make_account: Callable[..., Any], password: str
) -> None:
    account = make_account(username="qianer")
    account.password_since = timezone.now() - timedelta(days=91)
    account.save()
    sign_in(client, "qianer", password)
    assert client.get("/factors/").headers["Location"] == "/password/"
    assert client.get("/api/v1/access/me").status_code == 403
    assert "用满 90 天" in client.get("/password/").content.decode()
    client.post("/password/", {"current": password, "new": "a-Brand-new-1-secret", "again": "a-Brand-new-1-secret"})
    assert client.get("/factors/").status_code == 200


def test_lock_out_follows_the_rules(
    client: Client, make_account: Callable[..., Any], set_rules: Callable[..., Rules], password: str
) -> None:
    make_account(username="qianer")
    set_rules(tries=3, wait_minutes=60)
    assert [sign_in(client, "qianer", "wrong").status_code for _ in range(3)] == [200, 200, 429]
    assert 3500 < int(sign_in(client, "qianer", password).headers["Retry-After"]) <= 3600


def test_one_session_ends_the_earlier_ones(
    make_account: Callable[..., Any], set_rules: Callable[..., Rules], password: str
) -> None:
    make_account(username="qianer")
    first, second = Client(), Client()
    sign_in(first, "qianer", password)
    sign_in(second, "qianer", password)
    assert first.get("/factors/").status_code == 200
    set_rules(one_session=True)
    third = Client()
    sign_in(third, "qianer", password)
    assert (first.get("/factors/").status_code, second.get("/factors/").status_code) == (302, 302)
    assert third.get("/factors/").status_code == 200


def test_a_session_has_a_longest_length_and_follows_a_stricter_idle_time(
    client: Client, make_account: Callable[..., Any], set_rules: Callable[..., Rules], password: str
) -> None:
    make_account(username="qianer")
    set_rules(idle_minutes=5, max_hours=1)
    sign_in(client, "qianer", password)
    session = client.session
    session["origin"][2] -= 3601
    session.save()
    assert client.get("/factors/").status_code == 302
    assert Entry.objects.order_by("-sequence")[0].reason == "登录时间到"
    sign_in(client, "qianer", password)
    session = client.session
    session["seen"] -= 301
    session.save()
    assert client.get("/factors/").status_code == 302
