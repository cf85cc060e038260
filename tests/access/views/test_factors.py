"""The second factor through real requests: asked at the door, set up first, spent once, never guessed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from qingdun.access import actions, proofs
from qingdun.access.models import Guesses, Session
from qingdun.audit.models import Entry
from tests.visitors import SECRET, code, give_app

pytestmark = pytest.mark.django_db


def acts() -> list[str]:
    return list(Entry.objects.order_by("sequence").values_list("action", flat=True))


@pytest.fixture
def officer(make_account: Callable[..., Any]) -> Any:
    account = make_account("audit_admin", username="shenji")
    give_app(account)
    return account


@pytest.fixture
def half(client: Client, officer: Any, password: str) -> Client:
    """A client whose password was right and whose second factor is still asked for."""
    answer = client.post("/login/", {"username": "shenji", "password": password})
    assert answer.headers["Location"] == "/login/factor/"
    return client


def try_code(client: Client, typed: str, **more: Any) -> Any:
    return client.post("/login/factor/", {"code": typed, **more})


def test_a_password_alone_opens_nothing_of_an_account_with_a_factor(half: Client, officer: Any) -> None:
    assert half.get("/audit/").headers["Location"].startswith("/login/")
    assert half.get("/api/v1/access/me").status_code == 401
    assert half.get("/factors/").headers["Location"].startswith("/login/")
    assert "access.login" not in acts()
    assert try_code(half, code(officer), next="/audit/").headers["Location"] == "/audit/"
    assert half.get("/audit/").status_code == 200
    entry = Entry.objects.get(action="access.login")
    assert (entry.actor, entry.reason) == ("shenji", "口令、动态口令")


def test_the_session_key_changes_at_each_step(client: Client, officer: Any, password: str) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = "by someone else"
    session.save()
    keys = [session.session_key]
    client.post("/login/", {"username": "shenji", "password": password})
    keys.append(client.session.session_key)
    try_code(client, code(officer))
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3
    assert list(Session.objects.values_list("session_key", "account__username")) == [(keys[2], "shenji")]


@pytest.mark.parametrize("leads", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_next_never_leads_out(half: Client, officer: Any, leads: str) -> None:
    assert "evil" not in half.get("/login/factor/", {"next": leads}).content.decode().partition("<main")[2]
    assert try_code(half, code(officer), next=leads).headers["Location"] == "/"


def test_a_code_is_spent_once(half: Client, officer: Any, password: str) -> None:
    typed = code(officer)
    assert try_code(half, typed).status_code == 302
    other = Client()
    other.post("/login/", {"username": "shenji", "password": password})
    refused = try_code(other, typed)
    assert refused.status_code == 200 and "已经用过" in refused.content.decode()
    assert try_code(other, code(officer)).status_code == 302, "the next one is good"


def test_an_older_code_is_worth_nothing_after_a_newer_one(officer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 30)
    later = proofs.totp.hotp_value(SECRET, int(now) // 30 + 2)
    assert proofs.answer(officer, f"{later:06}") == "totp"
    assert proofs.answer(officer, f"{proofs.totp.hotp_value(SECRET, int(now) // 30 + 1):06}") == ""


@pytest.mark.parametrize("typed", ["", "000000", "12345", "abcdef", "１２３４５６", "0" * 21, "'; --", "\0"])
def test_what_is_no_code_is_refused_in_words(half: Client, officer: Any, typed: str) -> None:
    if typed == code(officer):
        typed = "000001"
    answer = try_code(half, typed)
    assert answer.status_code == 200 and 'role="alert"' in answer.content.decode()


def test_codes_cannot_be_guessed(half: Client, officer: Any, password: str, settings: Any) -> None:
    statuses = [try_code(half, "000000").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert acts()[-5:] == ["access.factor_failed"] * 4 + ["access.factor_locked"]
    elsewhere = Client(REMOTE_ADDR="192.0.2.44")
    elsewhere.post("/login/", {"username": "shenji", "password": password})
    refused = try_code(elsewhere, code(officer))
    assert refused.status_code == 429, "from another address, and with the right code"
    assert 1700 < int(refused.headers["Retry-After"]) <= 1800
    assert acts()[-1] == "access.factor_locked" and acts().count("access.factor_locked") == 1
    Guesses.objects.update(last=timezone.now() - timedelta(minutes=30, seconds=1))
    assert try_code(elsewhere, code(officer)).status_code == 302
    assert Guesses.objects.get().wrong == 0


def test_a_pending_login_ends_by_itself(half: Client, officer: Any) -> None:
    session = half.session
    session["pending"]["at"] -= 301
    session.save()
    assert try_code(half, code(officer)).headers["Location"] == "/login/"


def test_a_pending_login_ends_with_its_password_or_account(half: Client, officer: Any) -> None:
    actions.change_password(officer, "a-Brand-new-1-secret")
    assert try_code(half, code(officer)).headers["Location"] == "/login/"


def test_a_disabled_account_cannot_finish(half: Client, officer: Any) -> None:
    officer.is_active = False
    officer.save()
    assert try_code(half, code(officer)).headers["Location"] == "/login/"


# --- first login ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(client: Client, make_account: Callable[..., Any], password: str) -> Client:
    """An officer signed in for the first time, without a factor."""
    make_account("security_admin", username="anquan")
    assert client.post("/login/", {"username": "anquan", "password": password}).headers["Location"] == "/"
    return client


def secret_on(page: str) -> str:
    return re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1].replace(" ", "")  # type: ignore[index]


def now(secret: str, ahead: int = 0) -> str:
    return f"{proofs.totp.hotp_value(secret, int(time.time()) // 30 + ahead):06}"


def test_an_officer_without_a_factor_can_do_nothing_but_set_one_up(bare: Client) -> None:
    for path in ("/", "/powers/accounts/", "/search", "/factors/", "/password/"):
        assert bare.get(path).headers["Location"] == "/factors/app/", path
    refused = bare.get("/api/v1/access/me")
    assert (refused.status_code, refused.json()["detail"]) == (403, "请先设置第二验证方式")
    assert bare.get("/powers/accounts/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/factors/app/"
    assert bare.post("/language", {"language": "zh-hans"}).status_code == 302

    page = bare.get("/factors/app/").content.decode()
    secret = secret_on(page)
    assert "别的页面都打不开" in page
    assert secret_on(bare.get("/factors/app/").content.decode()) == secret, "a reload keeps what was scanned"
    assert "验证码不对" in bare.post("/factors/app/", {"code": "000000"}).content.decode()
    before = bare.session.session_key
    shown = bare.post("/factors/app/", {"code": now(secret)}).content.decode()
    assert len(re.findall(r"<li>\d{8}</li>", shown)) == 10
    assert bare.session.session_key != before
    assert bare.get("/powers/accounts/").status_code == 200
    assert acts()[-1] == "access.factor_added"


def test_the_code_that_set_it_up_is_spent(bare: Client, password: str) -> None:
    secret = secret_on(bare.get("/factors/app/").content.decode())
    typed = now(secret)
    bare.post("/factors/app/", {"code": typed})
    other = Client()
    other.post("/login/", {"username": "anquan", "password": password})
    assert try_code(other, typed).status_code == 200
    assert try_code(other, now(secret, 1)).status_code == 302


def test_the_first_officers_change_their_password_and_then_set_up(client: Client, db: None) -> None:
    account, given = actions.first_officers()[0]
    client.post("/login/", {"username": account.username, "password": given})
    assert client.get("/").headers["Location"] == "/password/"
    assert client.get("/factors/app/").headers["Location"] == "/password/"
    answer = client.post(
        "/password/", {"current": given, "new": "a-Brand-new-1-secret", "again": "a-Brand-new-1-secret"}
    )
    assert client.get(answer.headers["Location"]).headers["Location"] == "/factors/app/"
    client.post("/factors/app/", {"code": now(secret_on(client.get("/factors/app/").content.decode()))})
    assert client.get("/").status_code == 200


def test_a_session_that_began_before_the_factor_was_needed_must_show_it(
    visitor: Callable[..., Client], make_grant: Callable[..., Any]
) -> None:
    client = visitor("")
    account = client.account  # type: ignore[attr-defined]
    give_app(account)
    make_grant(account, "audit_admin")
    assert client.get("/audit/").headers["Location"] == "/factors/again/"
    assert client.get("/factors/app/").headers["Location"] == "/factors/again/", "no new factor without the old one"
    client.post("/factors/again/", {"code": code(account)})
    assert client.get("/audit/").status_code == 200


def test_a_role_file_may_demand_a_factor(visitor: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace
    from types import MappingProxyType

    from qingdun.access import policy, roster

    strict = dict(roster.roles())
    strict["unit_contact"] = replace(strict["unit_contact"], second_factor=True)
    client = visitor("unit_contact")
    assert client.get("/").status_code == 200
    monkeypatch.setattr(policy, "roles", lambda: MappingProxyType(strict))
    assert client.get("/").headers["Location"] == "/factors/app/"


# --- recovery codes, removal, reset ---------------------------------------------------------------------------------


def test_a_recovery_code_opens_once(half: Client, officer: Any, password: str) -> None:
    spare = actions.renew_recovery_codes(officer)[3]
    assert try_code(half, f" {spare[:4]}-{spare[4:]}").status_code == 302
    assert Entry.objects.get(action="access.login").reason == "口令、恢复码"
    assert "<strong>9</strong>" in half.get("/factors/").content.decode()
    other = Client()
    other.post("/login/", {"username": "shenji", "password": password})
    assert try_code(other, spare).status_code == 200


def test_new_recovery_codes_end_the_old_ones(visitor: Callable[..., Client], officer: Any) -> None:
    old = actions.renew_recovery_codes(officer)[0]
    page = visitor(account=officer).post("/factors/codes/").content.decode()
    new = re.findall(r"<li>(\d{8})</li>", page)
    assert len(new) == 10 and old not in new
    assert proofs.answer(officer, old) == ""
    assert proofs.answer(officer, new[9]) == "recovery"


def test_the_last_factor_stays_where_a_role_needs_one(visitor: Callable[..., Client], officer: Any) -> None:
    client = visitor(account=officer)
    row = Authenticator.objects.get(user=officer, type="totp")
    page = client.post("/factors/remove/", {"factor": row.pk}, follow=True).content.decode()
    assert "必须有第二验证方式" in page
    assert Authenticator.objects.filter(pk=row.pk).exists()


def test_one_may_remove_ones_own_factor_and_nobody_elses(visitor: Callable[..., Client], officer: Any) -> None:
    client = visitor("")
    foreign = Authenticator.objects.get(user=officer, type="totp")
    for wrong in (foreign.pk, 0, "", "x", "9" * 30):
        assert "没有这一项" in client.post("/factors/remove/", {"factor": wrong}, follow=True).content.decode()
    give_app(client.account)  # type: ignore[attr-defined]
    own = Authenticator.objects.get(user=client.account, type="totp")  # type: ignore[attr-defined]
    assert "已删除" in client.post("/factors/remove/", {"factor": own.pk}, follow=True).content.decode()
    assert not Authenticator.objects.filter(user=client.account).exists(), "recovery codes go with the last factor"  # type: ignore[attr-defined]
    assert acts()[-1] == "access.factor_removed"


def test_a_reset_takes_all_factors_and_sessions(visitor: Callable[..., Client], officer: Any) -> None:
    client = visitor(account=officer)
    assert client.get("/audit/").status_code == 200
    actions.reset_factors(officer, by=None, reason="手机遗失")
    assert not Authenticator.objects.filter(user=officer).exists()
    assert client.get("/audit/").headers["Location"].startswith("/login/")
    assert acts()[-1] == "access.factor_reset"


# --- shown again ----------------------------------------------------------------------------------------------------


def test_an_old_proof_is_asked_for_again_and_leads_back(visitor: Callable[..., Client], officer: Any) -> None:
    client = visitor(account=officer)
    session = client.session
    session["proven"] = {key: at - 15 * 60 - 1 for key, at in session["proven"].items()}
    session.save()
    assert client.get("/audit/").status_code == 200, "ordinary work goes on"
    answer = client.get("/factors/app/?x=1")
    assert answer.headers["Location"] == "/factors/again/?next=%2Ffactors%2Fapp%2F%3Fx%3D1"
    sent = client.post("/factors/codes/", headers={"Referer": "http://testserver/factors/"})
    assert sent.headers["Location"] == "/factors/again/?next=%2Ffactors%2F"
    outside = client.post("/factors/codes/", headers={"Referer": "http://evil.example/factors/"})
    assert outside.headers["Location"] == "/factors/again/"
    assert client.post("/factors/again/", {"code": "000000", "next": "/factors/app/"}).status_code == 200
    before = client.session.session_key
    back = client.post("/factors/again/", {"code": code(officer), "next": "/factors/app/"})
    assert back.headers["Location"] == "/factors/app/" and client.session.session_key != before
    assert acts()[-1] == "access.confirmed"
    assert client.get("/factors/app/").status_code == 200


def test_an_account_without_a_factor_shows_its_password_again(
    visitor: Callable[..., Client], password: str, settings: Any
) -> None:
    client = visitor("")
    session = client.session
    session["proven"] = {"password": int(time.time()) - 15 * 60 - 1}
    session.save()
    assert "again" in client.get("/factors/app/").headers["Location"]
    assert "口令不对" in client.post("/factors/again/", {"password": "wrong"}).content.decode()
    client.post("/factors/again/", {"password": password})
    assert client.get("/factors/app/").status_code == 200


# --- secrets --------------------------------------------------------------------------------------------------------


def test_no_secret_is_stored_in_the_clear(officer: Any) -> None:
    codes = actions.renew_recovery_codes(officer)
    kept = json.dumps(list(Authenticator.objects.values()), default=str) + str(list(Entry.objects.values()))
    assert SECRET not in kept and not any(one in kept for one in codes)


def test_a_sample_account_shows_its_code_and_a_real_one_never(
    half: Client, officer: Any, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingdun.lib import sample

    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    sample.keep([sample.SampleAccount("audit_admin", "审计管理员", "Audit", "市", "shenji", "x", SECRET)])
    assert SECRET not in half.get("/login/factor/").content.decode()
    settings.SAMPLE = True
    page = half.get("/login/factor/").content.decode()
    assert SECRET in page and f">{code(officer)}<" in page


# --- sessions -------------------------------------------------------------------------------------------------------


def sign_in(password: str, username: str = "qianer", **more: Any) -> Client:
    client = Client(**more)
    assert client.post("/login/", {"username": username, "password": password}).headers["Location"] == "/"
    return client


def test_own_sessions_are_listed_and_ended(make_account: Callable[..., Any], password: str) -> None:
    make_account(username="qianer")
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36"
    here = sign_in(password, REMOTE_ADDR="192.0.2.1")
    there = sign_in(password, REMOTE_ADDR="192.0.2.2", HTTP_USER_AGENT=chrome)
    third = sign_in(password, REMOTE_ADDR="192.0.2.3")
    page = here.get("/factors/").content.decode()
    assert "192.0.2.1" in page and "192.0.2.2" in page and "Chrome · Windows" in page
    assert there.session.session_key not in page, "the key itself would be the session"
    marked = re.search(r'name="session" value="(\w+)"><button class="link-button" aria-label="退出 Chrome', page)[1]  # type: ignore[index]
    assert "已退出 1 处" in here.post("/factors/sessions/", {"session": marked}, follow=True).content.decode()
    assert there.get("/factors/").headers["Location"].startswith("/login/")
    assert third.get("/factors/").status_code == 200
    assert "已退出 1 处" in here.post("/factors/sessions/", follow=True).content.decode()
    assert third.get("/factors/").headers["Location"].startswith("/login/")
    assert here.get("/factors/").status_code == 200
    assert acts()[-2:] == ["access.sessions_ended"] * 2
    assert "没有别处" in here.post("/factors/sessions/", {"session": "x"}, follow=True).content.decode()


def test_nobody_ends_anothers_session(make_account: Callable[..., Any], password: str) -> None:
    from qingdun.access import sessions

    make_account(username="qianer")
    make_account(username="sunsan")
    mine, others = sign_in(password), sign_in(password, "sunsan")
    mine.post("/factors/sessions/", {"session": sessions.mark(others.session.session_key or "")})
    assert others.get("/factors/").status_code == 200


def test_the_last_sign_in_is_shown(make_account: Callable[..., Any], password: str) -> None:
    make_account(username="qianer")
    first = sign_in(password, REMOTE_ADDR="192.0.2.77")
    assert "上次登录" not in first.get("/").content.decode()
    second = sign_in(password)
    page = second.get("/").content.decode()
    assert "上次登录" in page and "192.0.2.77" in page


def test_logging_out_ends_it_on_the_server(make_account: Callable[..., Any], password: str) -> None:
    make_account(username="qianer")
    client = sign_in(password)
    key = client.cookies["qingdun_session"].value
    client.post("/logout/")
    assert not Session.objects.filter(account__isnull=False).exists()
    thief = Client()
    thief.cookies["qingdun_session"] = key
    assert thief.get("/factors/").headers["Location"].startswith("/login/")
