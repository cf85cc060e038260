"""SAML 2.0 as a service provider: a signed assertion, for us, in answer to our request. python3-saml checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qingdun.access.core.doors import Door
from qingdun.access.doors import NotProven

MOST = 128 * 1024  # characters of a response


@dataclass(frozen=True, slots=True)
class Address:
    """Where this installation is, as the browser sees it: `https://host[:port]`, and the door's own paths."""

    origin: str
    back: str
    metadata: str


def leave_for(door: Door, at: Address) -> tuple[str, str]:
    """(where the browser goes to sign in, the id of the request that the answer must name)."""
    auth = _auth(door, at)
    url = auth.login(return_to=at.origin)
    return str(url), str(auth.get_last_request_id())


def proven(door: Door, at: Address, response: str) -> tuple[str, str]:
    """(external id, id of the request it answers) of a signed response. Raises NotProven."""
    if not response or len(response) > MOST:
        raise NotProven(f"外部登录 {door.key}：没有断言")
    auth = _auth(door, at, {"SAMLResponse": response})
    try:
        auth.process_response()
        if auth.get_errors() or not auth.is_authenticated():
            raise NotProven(f"外部登录 {door.key}：断言无效（{'、'.join(auth.get_errors())}）")
        answered = auth.get_last_response_in_response_to()
        values = auth.get_attribute(door.id) if door.id else [auth.get_nameid()]
    except NotProven:
        raise
    except Exception as error:  # python3-saml, lxml and xmlsec each have faults of their own
        raise NotProven(f"外部登录 {door.key}：断言读不懂（{type(error).__name__}）") from None
    if not answered or not values or len(values) != 1 or not str(values[0]).strip():
        raise NotProven(f"外部登录 {door.key}：断言没有唯一的身份，或不是应我们的请求")
    return str(values[0]).strip(), str(answered)


def metadata(door: Door, at: Address) -> bytes:
    """What the identity provider is given to know us."""
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    found = OneLogin_Saml2_Settings(settings(door, at), sp_validation_only=True).get_sp_metadata()
    return found if isinstance(found, bytes) else str(found).encode()


def settings(door: Door, at: Address) -> dict[str, Any]:
    """python3-saml's settings: strict, and nothing is believed that is not signed."""
    post, redirect = (f"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{kind}" for kind in ("POST", "Redirect"))
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": at.metadata,
            "assertionConsumerService": {"url": at.back, "binding": post},
            "NameIDFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        },
        "idp": {
            "entityId": door["issuer"],
            "singleSignOnService": {"url": door["server"], "binding": redirect},
            "x509cert": door["certificate"],
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": not door.id,
            "wantAttributeStatement": bool(door.id),
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,
            "allowSingleLabelDomains": True,  # inner networks name hosts that way
            "rejectUnsolicitedResponsesWithInResponseTo": False,  # the session that asked is compared afterwards
        },
    }


def _auth(door: Door, at: Address, sent: dict[str, str] | None = None) -> Any:
    from onelogin.saml2.auth import OneLogin_Saml2_Auth
    from onelogin.saml2.errors import OneLogin_Saml2_Error

    scheme, _sep, host = at.origin.partition("://")
    request = {
        "https": "on" if scheme == "https" else "off",
        "http_host": host,
        "script_name": at.back.removeprefix(at.origin),
        "get_data": {},
        "post_data": sent or {},
    }
    try:
        return OneLogin_Saml2_Auth(request, old_settings=settings(door, at))
    except OneLogin_Saml2_Error as error:
        raise NotProven(f"外部登录 {door.key}：{error}") from None
