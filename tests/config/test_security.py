"""What an attacker tries at every door: forged forms, foreign hosts, bare answers, claimed addresses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from qingdun.access.core.proxies import parse
from qingdun.audit.models import Entry
from tests.matrix.doors import doors
from tests.visitors import admit

pytestmark = pytest.mark.django_db

#: POSTs without a CSRF token, and what stands in for it.
EXEMPT = {"access:door_acs": "the identity provider's signature, and the request id in the session"}


def _exempt(patterns: list[Any], names: str = "") -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= _exempt(pattern.url_patterns, f"{names}{pattern.namespace or ''}:".lstrip(":"))
        elif getattr(pattern.callback, "csrf_exempt", False) and not names.startswith("api:"):
            found.add(names + (pattern.name or ""))
    return found


def test_no_page_takes_a_form_without_a_token_but_those_that_say_why() -> None:
    assert _exempt(get_resolver().url_patterns) == set(EXEMPT)


@pytest.fixture
def strict(make_account: Callable[..., Any]) -> Client:
    client = Client(enforce_csrf_checks=True)
    admit(client, make_account("security_admin"))
    return client


@pytest.mark.parametrize("name", [one.name for one in doors().values() if "POST" in one.methods and not one.parameters])
def test_a_forged_post_is_refused_and_does_nothing(strict: Client, name: str) -> None:
    door, before = doors()[name], Entry.objects.count()
    answer = strict.post(door.url({}), {"typed": "by another site"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403, name
    assert Entry.objects.count() == before


def test_a_forged_put_at_the_interface_is_refused(strict: Client) -> None:
    assert strict.put("/api/v1/powers/rules", {}, content_type="application/json").status_code == 403


@pytest.mark.parametrize("path", ["/login/", "/", "/api/v1/access/me", "/no/such/page", "/login/factor/"])
def test_every_answer_carries_the_headers(client: Client, strict: Client, path: str) -> None:
    for answer in (client.get(path), strict.get(path)):
        heads = answer.headers
        assert heads["X-Content-Type-Options"] == "nosniff"
        assert heads["Referrer-Policy"] == "same-origin"
        assert heads["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in heads["Content-Security-Policy"]
        assert heads["Cache-Control"] and "public" not in heads["Cache-Control"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80:80", "a b", ""])
def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    assert client.get("/login/", headers={"Host": host}).status_code == 400


def test_over_https_cookies_and_transport_are_bound(settings: Any, make_account: Any, password: str) -> None:
    """As `QINGDUN_HTTPS=1` sets them, read by a fresh process."""
    code = (
        "from qingdun.config import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, getattr(s, 'SESSION_COOKIE_HTTPONLY', True))"
    )
    told = {**os.environ, "QINGDUN_HTTPS": "1"}
    said = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "True", "True", "31536000", "True"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    make_account(username="qianer")
    client = Client()
    cookies = client.post("/login/", {"username": "qianer", "password": password}, secure=True).cookies
    session = cookies["qingdun_session"]
    assert session["secure"] and session["httponly"] and session["samesite"] == "Lax"
    assert client.get("/login/", secure=True).status_code == 302


def test_a_broken_list_of_proxies_stops_the_start_and_names_it() -> None:
    told = {**os.environ, "QINGDUN_PROXIES": "10.0.0.5,nginx"}
    ran = subprocess.run(
        [sys.executable, "-c", "import qingdun.config.settings"], env=told, capture_output=True, text=True, check=False
    )
    assert ran.returncode and "nginx" in ran.stderr and "QINGDUN_PROXIES" in ran.stderr


def knock(password: str, peer: str, claimed: str) -> Any:
    return Client().post(
        "/login/", {"username": "qianer", "password": password}, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=claimed
    )


def test_lock_out_audit_and_sessions_go_by_the_true_address(
    settings: Any, make_account: Callable[..., Any], password: str
) -> None:
    settings.PROXIES = parse("10.0.0.5")
    make_account(username="qianer")
    for number in range(5):  # the client writes another address each time; the proxy adds the true one
        last = knock("wrong", "10.0.0.5", f"198.51.100.{number}, 203.0.113.9")
    assert last.status_code == 429, "lying does not help"
    assert Entry.objects.order_by("-sequence")[0].address == "203.0.113.9"
    assert knock(password, "10.0.0.5", "203.0.113.10").status_code == 302, "others behind the proxy are not locked out"
    assert Entry.objects.order_by("-sequence")[0].address == "203.0.113.10"
    assert knock(password, "192.0.2.1", "203.0.113.10").status_code == 302
    assert Entry.objects.order_by("-sequence")[0].address == "192.0.2.1", "no proxy of ours: its claim is dropped"
