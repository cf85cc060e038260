"""OpenID Connect, the code flow with PKCE: signature, issuer, audience, time and nonce of the id token are checked."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt

from qingdun.access.core.doors import Door
from qingdun.access.doors import NotProven, fetch, secret

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")  # never none, never HMAC
LEEWAY = 60  # seconds between two clocks


@dataclass(frozen=True, slots=True)
class Asked:
    """What this browser's session must still know when it comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Asked:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


def leave_for(door: Door, back: str, asked: Asked) -> str:
    """Where the browser goes to sign in. Raises NotProven when the provider cannot be read."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": door["client"],
        "redirect_uri": back,
        "scope": door["scope"] or "openid",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    address = str(_provider(door)["authorization_endpoint"])
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def proven(door: Door, back: str, asked: Asked, code: str) -> str:
    """The external id of whoever got this code. Raises NotProven."""
    provider = _provider(door)
    form = {
        "grant_type": "authorization_code",
        "code": code[:2000],
        "redirect_uri": back,
        "client_id": door["client"],
        "code_verifier": asked.verifier,
    }
    if hidden := secret(door):
        form["client_secret"] = hidden
    answer = _json(door, fetch(door, str(provider["token_endpoint"]), data=form))
    claims = _claims(door, provider, answer.get("id_token"))
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), asked.nonce.encode()):
        raise NotProven(f"外部登录 {door.key}：nonce 不符")
    found = claims.get(door.id)
    if not isinstance(found, str | int) or isinstance(found, bool) or not str(found).strip():
        raise NotProven(f"外部登录 {door.key}：身份令牌里没有 {door.id}")
    return str(found).strip()


def _provider(door: Door) -> dict[str, Any]:
    """The provider's own description; it must be that of the issuer on file."""
    issuer = door["server"].rstrip("/")
    found = _json(door, fetch(door, f"{issuer}/.well-known/openid-configuration"))
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise NotProven(f"外部登录 {door.key}：签发者不符")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(str(found.get(name, "")).startswith(("https://", issuer)) for name in wanted):
        raise NotProven(f"外部登录 {door.key}：签发者的地址不全或不安全")
    return found


def _claims(door: Door, provider: dict[str, Any], token: Any) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        keys = jwt.PyJWKSet.from_dict(_json(door, fetch(door, str(provider["jwks_uri"])))).keys
        fitting = [key for key in keys if header.get("kid") in (None, key.key_id)]
        if len(fitting) != 1 or header.get("alg") not in ALGORITHMS:
            raise NotProven(f"外部登录 {door.key}：没有这个签名密钥")
        claims = jwt.decode(
            token,
            fitting[0].key,
            algorithms=[header["alg"]],
            audience=door["client"],
            issuer=provider["issuer"],
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError) as error:
        raise NotProven(f"外部登录 {door.key}：身份令牌无效（{type(error).__name__}）") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != door["client"]:
        raise NotProven(f"外部登录 {door.key}：身份令牌是给别人的")
    return claims


def _json(door: Door, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotProven(f"外部登录 {door.key}：对方的应答不是 JSON")
    return found
