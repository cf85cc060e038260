"""API tokens: what they can be given, what they open, and how each comes to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from qingdun.access import tokens
from qingdun.access.actions.tokens import create_token, offered, revoke_token
from qingdun.access.core.tokens import Secret
from qingdun.access.models import Grant, Token
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db
ME, HOSTS, SYSTEMS = "/api/v1/access/me", "/api/v1/inventory/hosts", "/api/v1/inventory/systems"
ROLE = "operations_engineer"


@pytest.fixture
def owner(make_account: Any, make_unit: Any) -> Any:
    return make_account(ROLE, unit=make_unit())


def bearer(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def kind(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json()["type"].removeprefix("/api/#"))


def test_a_token_opens_what_its_scope_and_its_account_both_allow(owner: Any) -> None:
    _token, text = create_token(owner, "台账同步", ["inventory.view"], 30)
    assert bearer(text).get(HOSTS).status_code == 200
    refused = bearer(text).post(HOSTS, "{}", content_type="application/json")
    assert (refused.status_code, kind(refused)) == (403, "forbidden")
    assert bearer(text).get("/api/v1/logs/events").status_code == 403
    assert bearer(text).get(ME).json()["permissions"] == {"inventory.view": ["/"]}


def test_a_token_writes_in_the_name_of_its_account(owner: Any) -> None:
    _token, text = create_token(owner, "登记", ["inventory.view", "inventory.edit"], 30)
    body = '{"code": "S-1", "name": "甲", "unit": "city", "provisioned": "2026-03-01"}'
    made = bearer(text).post(SYSTEMS, body, content_type="application/json")
    assert made.status_code == 201, made.json()
    entry = Entry.objects.latest("sequence")
    assert (entry.actor_id, entry.action) == (owner.pk, "inventory.edit")


def test_only_a_digest_is_stored_and_the_text_is_in_no_record(owner: Any) -> None:
    token, text = create_token(owner, "甲", ["inventory.view"], 30)
    secret = Secret.parse(text)
    assert secret and token.digest == secret.digest and secret.proof not in str(vars(token))
    entry = Entry.objects.latest("sequence")
    assert entry.action == "access.token_create" and secret.proof not in str(vars(entry)) and "甲" in entry.subject


@pytest.mark.parametrize(
    ("name", "scope", "days", "field"),
    [
        ("甲", ["access.view"], 30, "scope"),
        ("甲", ["inventory.export"], 30, "scope"),
        ("甲", ["no.such"], 30, "scope"),
        ("甲", [], 30, "scope"),
        ("甲", ["inventory.view"], 366, "days"),
        ("甲", ["inventory.view"], 0, "days"),
        ("", ["inventory.view"], 30, "name"),
        ("在用", ["inventory.view"], 30, "name"),
    ],
)
def test_what_cannot_be_given_is_refused_by_field(
    owner: Any, name: str, scope: list[str], days: int, field: str
) -> None:
    create_token(owner, "在用", ["inventory.view"], 30)
    with pytest.raises(ValidationError) as refused:
        create_token(owner, name, scope, days)
    assert list(refused.value.message_dict) == [field] and Token.objects.count() == 1


def test_an_installation_may_shorten_their_life(owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_TOKEN_DAYS", "30")
    with pytest.raises(ValidationError, match="30"):
        create_token(owner, "甲", ["inventory.view"], 31)
    monkeypatch.setenv("QINGDUN_TOKEN_DAYS", "4000")
    with pytest.raises(ValidationError, match="365"):
        create_token(owner, "甲", ["inventory.view"], 366)


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin"])
def test_officers_hold_none(make_account: Any, role: str) -> None:
    with pytest.raises(PermissionDenied):
        create_token(make_account(role), "甲", ["web.jobs"], 30)


def test_who_becomes_an_officer_loses_his_tokens_at_once(owner: Any, make_grant: Any) -> None:
    _token, text = create_token(owner, "甲", ["inventory.view"], 30)
    Grant.objects.filter(account=owner).delete()
    make_grant(owner, "audit_admin")
    answer = bearer(text).get(ME)
    assert (answer.status_code, kind(answer)) == (401, "token-owner")


def test_a_lost_grant_is_lost_to_the_token_at_once(owner: Any) -> None:
    _token, text = create_token(owner, "甲", ["inventory.view"], 30)
    Grant.objects.filter(account=owner).delete()
    assert bearer(text).get(HOSTS).status_code == 403


def test_a_spent_token_is_refused_with_the_reason_named(owner: Any) -> None:
    token, text = create_token(owner, "甲", ["inventory.view"], 30)
    Token.objects.filter(pk=token.pk).update(created=timezone.now() - timedelta(days=2), expires=timezone.now())
    assert kind(bearer(text).get(ME)) == "token-expired"
    revoke_token(token, by=owner)
    assert kind(bearer(text).get(ME)) == "token-revoked"
    actions_before = Entry.objects.count()
    revoke_token(token, by=owner)
    assert Entry.objects.count() == actions_before  # withdrawn once


def test_nobody_learns_whether_a_token_ever_existed(owner: Any) -> None:
    token, text = create_token(owner, "甲", ["inventory.view"], 30)
    revoke_token(token, by=owner)
    wrong = f"qd_{token.prefix}_{'x' * 43}"
    answers = [bearer(one).get(ME) for one in (wrong, f"qd_abcdefgh_{'x' * 43}", "nonsense", "", text[:-1])]
    assert {(answer.status_code, kind(answer), answer.json()["detail"]) for answer in answers} == {
        (401, "token-unknown", "令牌无效。")
    }


@pytest.mark.parametrize("change", [{"is_active": False}, {"must_change_password": True}])
def test_a_closed_account_closes_its_tokens(owner: Any, change: dict[str, bool]) -> None:
    _token, text = create_token(owner, "甲", ["inventory.view"], 30)
    type(owner).objects.filter(pk=owner.pk).update(**change)
    answer = bearer(text).get(ME)
    assert (answer.status_code, kind(answer)) == (401, "token-owner")


def test_a_token_opens_no_page_and_makes_no_session(owner: Any) -> None:
    _token, text = create_token(owner, "甲", ["inventory.view"], 30)
    client = bearer(text)
    assert client.get("/assets/hosts/").status_code == 302
    assert client.get(HOSTS).status_code == 200
    assert "qingdun_session" not in client.cookies
    assert client.get("/assets/hosts/").status_code == 302


def test_a_wrong_token_is_not_saved_by_a_session(owner: Any, visitor: Any) -> None:
    client = visitor(account=owner)
    assert client.get(HOSTS).status_code == 200
    assert client.get(HOSTS, headers={"Authorization": "Bearer qd_wrong"}).status_code == 401
    assert client.get(HOSTS, headers={"Authorization": "Basic abc"}).status_code == 401


def test_a_token_is_never_asked_for_csrf_and_a_session_is(owner: Any) -> None:
    _token, text = create_token(owner, "甲", ["inventory.view", "inventory.edit"], 30)
    client = Client(enforce_csrf_checks=True)
    refused = {"data": "{}", "content_type": "application/json"}
    assert client.post(HOSTS, **refused, headers={"Authorization": f"Bearer {text}"}).status_code == 422
    client.force_login(owner)
    answer = client.post(HOSTS, **refused)
    assert (answer.status_code, kind(answer)) == (403, "forbidden")


def test_acting_through_a_token_gives_no_further_token(owner: Any) -> None:
    token, text = create_token(owner, "甲", ["inventory.view"], 30)
    acting, _token = tokens.holder(text, "127.0.0.1", timezone.now())
    for act in (lambda: create_token(acting, "乙", ["inventory.view"], 1), lambda: revoke_token(token, by=acting)):
        with pytest.raises(PermissionDenied):
            act()
    for path in ("/api/v1/powers/tokens", "/api/v1/access/anything", "/api/v1/powers/"):
        answer = bearer(text).post(path, "{}", content_type="application/json")
        assert (answer.status_code, kind(answer)) == (403, "person-only")


def test_where_from_and_when_it_was_last_used_is_noted(owner: Any) -> None:
    token, text = create_token(owner, "甲", ["inventory.view"], 30)
    bearer(text).get(HOSTS, REMOTE_ADDR="203.0.113.9")
    token.refresh_from_db()
    first = token.last_used
    assert token.last_address == "203.0.113.9" and first is not None
    bearer(text).get(HOSTS, REMOTE_ADDR="203.0.113.9")
    token.refresh_from_db()
    assert token.last_used == first  # at most once a minute


def test_power_over_power_is_never_offered(owner: Any, make_account: Any) -> None:
    assert "inventory.edit" in offered(owner)
    assert offered(make_account("security_admin")) == ()


def test_only_its_owner_or_who_controls_accounts_withdraws_it(owner: Any, make_account: Any) -> None:
    token, _text = create_token(owner, "甲", ["inventory.view"], 30)
    with pytest.raises(PermissionDenied):
        revoke_token(token, by=make_account("system_admin"))
    revoke_token(token, by=owner)
    assert Token.objects.get().revoked
