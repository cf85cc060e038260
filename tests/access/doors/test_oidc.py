"""OpenID Connect against a provider of our own on this machine: real keys, real tokens, and every way to cheat."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from qingdun.access import actions
from qingdun.access.models import Account, Identity
from qingdun.audit.models import Entry
from tests.visitors import code as app_code
from tests.visitors import give_app

pytestmark = pytest.mark.django_db
KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
SECRET = "the-clients-secret"


class Provider:
    """Codes stand for what was asked at the authorization endpoint; the token endpoint checks client and PKCE."""

    def __init__(self) -> None:
        self.address, self.codes, self.said = "", {}, []
        self.claims: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(
            claims, KEY, algorithm="RS256", headers={"kid": "k1"}
        )
        self.described: dict[str, Any] = {}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == "/.well-known/openid-configuration":
            found: Any = {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                **self.described,
            }
        elif path == "/keys":
            found = {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1"}]}
        else:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            asked = self.codes.pop(form["code"], None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if not asked or asked["code_challenge"] != challenge.decode() or form.get("client_secret") != SECRET:
                return 400, "application/json", b'{"error": "invalid_grant"}'
            now = int(time.time())
            claims = {"iss": self.address, "aud": "qingdun", "sub": "zhang-1", "iat": now, "exp": now + 60}
            found = {"access_token": "x", "id_token": self.sign({**claims, "nonce": asked["nonce"], **self.claims})}
        return 200, "application/json", json.dumps(found).encode()

    def consent(self, address: str) -> str:
        """What the person does there: the path with which the browser comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.codes[f"code-{len(self.said)}"] = asked
        self.said.append(asked)
        return f"{urlsplit(asked['redirect_uri']).path}?code=code-{len(self.said) - 1}&state={asked['state']}"


@pytest.fixture
def provider(serve: Callable[..., str], make_door: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Provider:
    one = Provider()
    one.address = serve(one.answer)
    monkeypatch.setenv("CITY_SECRET", SECRET)
    make_door(kind="oidc", server=one.address, client="qingdun", secret={"env": "CITY_SECRET"})
    return one


def leave(client: Client, query: str = "") -> str:
    answer = client.get(f"/login/door/city/{query}")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def come(client: Client, provider: Provider) -> Any:
    return client.get(provider.consent(leave(client)))


def refused(client: Client, answer: Any) -> bool:
    assert answer.headers["Location"] == "/login/"
    page = client.get("/login/").content.decode()
    return "外部登录没有成功" in page and "_auth_user_id" not in client.session


def test_the_page_offers_it_and_it_leads_in(client: Client, provider: Provider, tied: Callable[..., Any]) -> None:
    account = tied("zhang-1")
    page = client.get("/login/", {"next": "/factors/"}).content.decode()
    assert "用市统一认证登录" in page and "/login/door/city/?next=%2Ffactors%2F" in page
    before = client.session.session_key
    answer = client.get(provider.consent(leave(client, "?next=/factors/")))
    assert answer.headers["Location"] == "/factors/"
    assert client.session["_auth_user_id"] == str(account.pk) and client.session.session_key != before
    entry = Entry.objects.filter(action="access.login").get()
    assert (entry.actor, entry.reason) == (account.username, "市统一认证")
    assert Identity.objects.get().used


def test_an_identity_that_is_not_registered_makes_no_account(client: Client, provider: Provider, tied: Any) -> None:
    tied("somebody-else")
    provider.claims = {"email": "zhang@example.cn", "preferred_username": "u-somebody-else", "email_verified": True}
    number = Account.objects.count()
    answer = come(client, provider)
    assert answer.headers["Location"] == "/login/"
    assert "还没有登记到账号" in client.get("/login/").content.decode()
    assert Account.objects.count() == number and "_auth_user_id" not in client.session
    entry = Entry.objects.order_by("-sequence")[0]
    assert (entry.action, entry.reason) == ("access.login_failed", "市统一认证：zhang-1")


def test_a_disabled_account_stays_out(client: Client, provider: Provider, tied: Callable[..., Any]) -> None:
    account = tied("zhang-1")
    account.is_active = False
    account.save()
    come(client, provider)
    assert "_auth_user_id" not in client.session


def test_an_officer_still_shows_our_factor(client: Client, provider: Provider, tied: Callable[..., Any]) -> None:
    account = tied("zhang-1", "audit_admin")
    assert come(client, provider).headers["Location"] == "/"
    assert client.get("/audit/").headers["Location"] == "/factors/app/", "without one it is set up first"
    client.post("/logout/")
    give_app(account)
    assert come(client, provider).headers["Location"] == "/login/factor/"
    assert client.get("/audit/").headers["Location"].startswith("/login/")
    client.post("/login/factor/", {"code": app_code(account)})
    assert client.get("/audit/").status_code == 200
    assert Entry.objects.filter(action="access.login").order_by("-sequence")[0].reason == "市统一认证、动态口令"


@pytest.mark.parametrize(
    "cheat",
    [
        {"nonce": "another"},
        {"nonce": ""},
        {"aud": "someone-else"},
        {"aud": ["qingdun", "someone-else"]},
        {"aud": ["qingdun", "someone-else"], "azp": "someone-else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_this_login_is_refused(
    client: Client, provider: Provider, tied: Callable[..., Any], cheat: dict[str, Any]
) -> None:
    tied("zhang-1")
    provider.claims = cheat
    assert refused(client, come(client, provider))


def public_pem() -> bytes:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return KEY.public_key().public_bytes(serialization.Encoding.PEM, kind)


def forged(header: dict[str, Any], key: bytes) -> Callable[[dict[str, Any]], str]:
    """A token put together by hand, for what a library would refuse to make."""
    import hmac

    def make(claims: dict[str, Any]) -> str:
        parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
        seal = hmac.new(key, b".".join(parts), hashlib.sha256).digest() if key else b""
        return b".".join([*parts, base64.urlsafe_b64encode(seal).rstrip(b"=")]).decode()

    return make


SIGNERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another key": lambda claims: jwt.encode(claims, OTHER, algorithm="RS256", headers={"kid": "k1"}),
    "unknown key": lambda claims: jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "k2"}),
    "no signature": forged({"alg": "none", "kid": "k1"}, b""),
    "the public key as a password": forged({"alg": "HS256", "kid": "k1"}, public_pem()),
    "no token": lambda claims: None,
    "nonsense": lambda claims: "a.b.c",
    "a list": lambda claims: ["x"],
}


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    client: Client, provider: Provider, tied: Callable[..., Any], signer: str
) -> None:
    tied("zhang-1")
    provider.sign = SIGNERS[signer]
    assert refused(client, come(client, provider))


def test_a_login_begun_elsewhere_is_not_finished_here(client: Client, provider: Provider, tied: Any) -> None:
    """Login CSRF: the attacker's own code in the victim's browser."""
    tied("zhang-1")
    attacker = Client()
    path = provider.consent(leave(attacker))
    assert refused(client, client.get(path)), "a browser that asked for nothing"
    leave(client)
    assert refused(client, client.get(path)), "a browser that asked for another"


def test_coming_back_twice_or_late_is_refused(client: Client, provider: Provider, tied: Callable[..., Any]) -> None:
    tied("zhang-1")
    path = provider.consent(leave(client))
    assert client.get(path).headers["Location"] == "/"
    client.post("/logout/")
    assert refused(client, client.get(path))
    path = provider.consent(leave(client))
    session = client.session
    session["door"]["at"] -= 601
    session.save()
    assert refused(client, client.get(path))


@pytest.mark.parametrize("query", ["", "?error=access_denied&state=x", "?state=&code=x", "?code=" + "x" * 9000])
def test_coming_back_with_nonsense_is_refused(client: Client, provider: Provider, query: str) -> None:
    leave(client)
    assert refused(client, client.get(f"/login/door/city/back/{query}"))


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_describes_another_is_refused(
    client: Client, provider: Provider, described: dict[str, str]
) -> None:
    provider.described = described
    assert refused(client, client.get("/login/door/city/"))


def test_a_provider_that_is_down_is_told_in_words(client: Client, make_door: Callable[..., None]) -> None:
    make_door(kind="oidc", server="http://127.0.0.1:9", client="qingdun")
    assert refused(client, client.get("/login/door/city/"))


def test_next_never_leads_out(client: Client, provider: Provider, tied: Callable[..., Any]) -> None:
    tied("zhang-1")
    path = provider.consent(leave(client, "?next=//evil.example/"))
    assert client.get(path).headers["Location"] == "/"


def test_the_secret_is_never_written_down(
    client: Client, provider: Provider, tied: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    from qingdun.access.doors import doors

    tied("zhang-1")
    provider.claims = {"nonce": "x"}
    come(client, provider)
    assert caplog.text and SECRET not in caplog.text
    assert SECRET not in repr(doors()["city"]) and SECRET not in str(list(Entry.objects.values()))


def test_nobody_ties_an_identity_twice_or_to_himself(
    provider: Provider, tied: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    from django.core.exceptions import PermissionDenied, ValidationError

    tied("zhang-1")
    admin = make_account("system_admin")
    with pytest.raises(ValidationError, match="已经登记"):
        actions.tie(make_account(), "city", "zhang-1", by=admin, reason="x")
    with pytest.raises(ValidationError, match="自己"):
        actions.tie(admin, "city", "zhang-2", by=admin, reason="x")
    with pytest.raises(ValidationError, match="没有外部登录"):
        actions.tie(make_account(), "nowhere", "zhang-2", by=admin, reason="x")
    with pytest.raises(PermissionDenied):
        actions.tie(make_account(), "city", "zhang-2", by=make_account("security_admin"), reason="x")


def test_untying_ends_the_way_in_and_the_sessions(
    client: Client, provider: Provider, tied: Any, make_account: Any
) -> None:
    tied("zhang-1")
    come(client, provider)
    assert client.get("/factors/").status_code == 200
    actions.untie(Identity.objects.get(), by=make_account("system_admin"), reason="调离")
    assert client.get("/factors/").status_code == 302
    assert Entry.objects.order_by("-sequence")[0].action == "access.identity"
