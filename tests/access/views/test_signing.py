"""The login page and what stands around it, through real requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import hashers
from django.test import Client
from django.utils import timezone

from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db


def acts() -> list[str]:
    return list(Entry.objects.order_by("sequence").values_list("action", flat=True))


@pytest.fixture
def account(make_account: Callable[..., Any]) -> Any:
    return make_account("security_officer", username="zhaoyi")


def sign_in(client: Client, password: str, username: str = "zhaoyi", **extra: Any) -> Any:
    return client.post("/login/", {"username": username, "password": password, **extra})


def test_signing_in_and_out_is_on_record(client: Client, account: Any, password: str) -> None:
    answer = client.post("/login/", {"username": "zhaoyi", "password": password}, REMOTE_ADDR="192.0.2.9")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.actor, entry.address) == ("access.login", "zhaoyi", "192.0.2.9")
    assert client.get("/powers/accounts/").status_code == 403
    answer = client.post("/logout/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/")
    assert acts()[-1] == "access.logout"
    assert client.get("/powers/accounts/").headers["Location"].startswith("/login/")


def test_a_username_may_be_typed_in_capitals(client: Client, account: Any, password: str) -> None:
    assert sign_in(client, password, " ZhaoYi ").status_code == 302


def test_the_session_is_new_after_signing_in_and_the_language_stays(
    client: Client, account: Any, password: str
) -> None:
    client.cookies["qingdun_language"] = "en"
    client.get("/login/")
    session = client.session
    session["planted"] = "by someone else"
    session.save()
    planted = session.session_key
    sign_in(client, password)
    assert client.session.session_key != planted
    assert client.cookies["qingdun_language"].value == "en"
    client.post("/logout/")
    assert 'lang="en"' in client.get("/login/").content.decode()


def test_logging_out_needs_a_post(visitor: Callable[..., Client]) -> None:
    client = visitor()
    assert client.get("/logout/").status_code == 405
    assert client.get("/password/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/audit/?page=2", "/audit/?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("audit", "/"),
        ("audit:entries", "/"),
        ("", "/"),
    ],
)
def test_next_never_leads_out(client: Client, account: Any, password: str, wanted: str, leads: str) -> None:
    assert sign_in(client, password, next=wanted).headers["Location"] == leads
    assert client.get("/login/", {"next": wanted}).headers["Location"] == leads, "already signed in"


def test_a_wrong_password_and_an_unknown_account_look_the_same(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        worked.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    answers = []
    for username in ("zhaoyi", "nobody"):
        worked.clear()
        page = sign_in(client, "wrong", username).content.decode().replace(username, "NAME")
        answers.append((len(worked), page.split("<main")[1].partition('csrfmiddlewaretoken" value=')[0]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 1, "one hash is computed for a name that does not exist, too"


def test_failures_are_recorded_without_names_that_are_no_account(client: Client, account: Any) -> None:
    sign_in(client, "wrong")
    sign_in(client, "wrong", "my-secret-typed-here")
    last, before = Entry.objects.order_by("-sequence")[:2]
    assert (before.action, before.subject) == ("access.login_failed", "zhaoyi")
    assert (last.action, last.subject) == ("access.login_failed", "（无此账号）")


@pytest.mark.parametrize("username", ["zhaoyi", "nobody"])
def test_five_failures_lock_this_account_from_this_address(
    client: Client, account: Any, password: str, make_account: Callable[..., Any], username: str
) -> None:
    make_account(username="other")
    statuses = [sign_in(client, "wrong", username).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert acts()[-5:] == ["access.login_failed"] * 4 + ["access.locked_out"]

    refused = sign_in(client, password, username)
    assert refused.status_code == 429
    until = timezone.localtime(AccessAttempt.objects.get().attempt_time + timedelta(minutes=30))
    assert f"{until:%H:%M:%S}" in refused.content.decode()
    assert 1700 < int(refused.headers["Retry-After"]) <= 1800
    assert acts()[-1] == "access.locked_out" and acts().count("access.locked_out") == 1, (
        "tries while locked add nothing"
    )

    assert sign_in(client, password, "other").status_code == 302, "another account from here"
    elsewhere = Client(REMOTE_ADDR="192.0.2.44")
    assert sign_in(elsewhere, password).status_code == 302, "this account from elsewhere"


def test_a_lock_ends_when_it_said(client: Client, account: Any, password: str) -> None:
    for _ in range(6):
        sign_in(client, "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=29))
    assert sign_in(client, password).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert sign_in(client, password).status_code == 302


def test_no_password_is_kept_anywhere(client: Client, account: Any, visitor: Callable[..., Client]) -> None:
    sign_in(client, "the-secret-typed")
    visitor(account=account).post(
        "/password/", {"current": "the-secret-typed", "new": "the-secret-wanted", "again": "the-secret-wanted"}
    )
    kept = json.dumps(list(AccessAttempt.objects.values()), default=str) + "".join(
        str(e.content()) for e in Entry.objects.all()
    )
    assert AccessAttempt.objects.exists() and "the-secret" not in kept


@pytest.fixture
def changing(visitor: Callable[..., Client], account: Any, password: str) -> Callable[..., Any]:
    client = visitor(account=account)

    def change(current: str = password, new: str = "a-Brand-new-1-secret", again: str = "") -> Any:
        return client.post("/password/", {"current": current, "new": new, "again": again or new})

    change.client = client  # type: ignore[attr-defined]
    return change


def test_changing_the_password_ends_other_sessions_and_keeps_this_one(
    changing: Callable[..., Any], account: Any, password: str
) -> None:
    elsewhere = Client()
    sign_in(elsewhere, password)
    assert changing().status_code == 302
    assert acts()[-1] == "access.password"
    assert changing.client.get("/password/").status_code == 200  # type: ignore[attr-defined]
    assert elsewhere.get("/password/").status_code == 302
    assert sign_in(Client(), password).status_code == 200
    assert sign_in(Client(), "a-Brand-new-1-secret").status_code == 302


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"current": "wrong"}, "现在的口令不对"),
        ({"again": "something-Else-9"}, "两遍新口令不一致"),
        ({"new": "short"}, "10"),
        ({"new": "zhaoyi1234"}, "太相似"),
        ({"new": "84629173645"}, "数字"),
        ({"new": "correct-Horse-9-battery"}, "不能与现在的口令相同"),
    ],
)
def test_a_change_that_breaks_a_rule_says_which(
    changing: Callable[..., Any], account: Any, password: str, typed: dict[str, str], problem: str
) -> None:
    page = changing(**typed).content.decode()
    assert problem in page
    assert (acts()[-1] == "access.login_failed") is ("current" in typed)
    account.refresh_from_db()
    assert account.check_password(password)


def test_the_rules_are_shown_before_they_are_broken(changing: Callable[..., Any]) -> None:
    page = changing.client.get("/password/").content.decode()  # type: ignore[attr-defined]
    assert "10" in page and "不能与现在的口令相同" in page


def test_until_it_is_changed_a_given_password_opens_nothing_else(
    visitor: Callable[..., Client], make_account: Callable[..., Any], password: str
) -> None:
    client = visitor(account=make_account("audit_admin", must_change=True))
    assert client.get("/audit/").headers["Location"] == "/password/"
    assert client.get("/api/v1/access/me").status_code == 403
    assert client.get("/audit/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/password/"
    assert client.get("/password/").status_code == 200
    assert client.post("/language", {"language": "en"}).status_code == 302
    client.post("/password/", {"current": password, "new": "a-Brand-new-1-secret", "again": "a-Brand-new-1-secret"})
    assert client.get("/audit/").status_code == 200


def test_nobody_is_led_to_the_login_page_in_the_way_they_asked(client: Client) -> None:
    assert client.get("/audit/").headers["Location"] == "/login/?next=/audit/"
    assert client.get("/audit/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/login/"
    answer = client.get("/api/v1/access/me")
    assert answer.status_code == 401 and answer.json()["detail"].startswith("请先登录")


def test_a_session_left_alone_ends(visitor: Callable[..., Client], settings: Any) -> None:
    client = visitor("audit_admin")
    assert client.get("/audit/").status_code == 200
    session = client.session
    session["seen"] -= settings.SESSION_IDLE - 30
    session.save()
    assert client.get("/audit/").status_code == 200, "used in time"
    session = client.session
    session["seen"] -= settings.SESSION_IDLE + 1
    session.save()
    assert client.get("/audit/").status_code == 302
    last = Entry.objects.order_by("-sequence")[0]
    assert (last.action, last.reason) == ("access.logout", "闲置超时")


def test_an_open_page_that_asks_by_itself_keeps_no_session_alive(visitor: Callable[..., Client], settings: Any) -> None:
    client = visitor("audit_admin")
    client.get("/audit/")
    session = client.session
    left = session["seen"] = session["seen"] - settings.SESSION_IDLE + 30
    session.save()
    assert client.get("/audit/", headers={"Qingdun-Poll": "1"}).status_code == 200
    assert client.session["seen"] == left
    client.get("/audit/")
    assert client.session["seen"] > left, "a person came back"


def test_every_page_that_asks_by_itself_says_so() -> None:
    texts = [file.read_text("utf-8") for file in Path(__file__).parents[3].glob("src/**/*.html")]
    polls = [found for text in texts for found in re.findall(r"<div[^\n]*hx-trigger=\"every [^\n]*", text)]
    assert polls
    assert all("Qingdun-Poll" in one and "hx-disinherit" in one for one in polls)


def test_cookies_are_out_of_reach_of_scripts(client: Client, account: Any, password: str) -> None:
    cookies = sign_in(client, password).cookies
    assert cookies["qingdun_session"]["httponly"] and cookies["qingdun_session"]["samesite"] == "Lax"
    client.get("/login/")
    assert client.cookies["csrftoken"]["httponly"]


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, password: str) -> Iterable[None]:
    from qingdun.lib import sample

    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    sample.keep(
        [
            sample.SampleAccount(
                "security_officer", "局安全管理员", "Bureau security officer", "市政数局", "zhaoyi", password
            )
        ]
    )
    settings.SAMPLE = True
    yield


def test_a_sample_shows_its_accounts_and_signs_in_with_one_click(
    client: Client, account: Any, password: str, sample: None
) -> None:
    page = client.get("/login/").content.decode()
    assert "局安全管理员" in page and f'value="{password}"' in page
    client.cookies["qingdun_language"] = "en"
    assert "Bureau security officer" in client.get("/login/").content.decode()


def test_a_real_installation_shows_no_account(
    client: Client, account: Any, password: str, sample: None, settings: Any
) -> None:
    settings.SAMPLE = False
    page = client.get("/login/").content.decode()
    assert "样例账号" not in page and password not in page
