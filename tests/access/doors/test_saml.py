"""SAML 2.0 with assertions signed here, checked by python3-saml's own code."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client

from qingdun.access.models import Account

saml_utils = pytest.importorskip("onelogin.saml2.utils", reason="python3-saml is not installed (the extra `saml`)")
pytestmark = pytest.mark.django_db
IDP, HOST = "https://idp.example.cn/saml", "http://testserver"
SHA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"


def certified() -> tuple[str, str]:
    """(key, certificate), as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem.decode(), made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


KEY, CERTIFICATE = certified()
FOREIGN_KEY, FOREIGN_CERTIFICATE = certified()


@dataclass(frozen=True)
class Assertion:
    request: str
    name: str = "zhang"
    audience: str = f"{HOST}/login/door/city/metadata/"
    recipient: str = f"{HOST}/login/door/city/acs/"
    issuer: str = IDP
    minutes: int = 5
    key: str = KEY
    certificate: str = CERTIFICATE
    signed: bool = True
    attribute: str = ""

    def response(self) -> str:
        now = datetime.now(UTC)
        start, end = (f"{now + timedelta(minutes=m):%Y-%m-%dT%H:%M:%SZ}" for m in (self.minutes - 10, self.minutes))
        extra = (
            f'<saml:AttributeStatement><saml:Attribute Name="empno"><saml:AttributeValue>{self.attribute}'
            "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
            if self.attribute
            else ""
        )
        assertion = f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{uuid4().hex}"
 Version="2.0" IssueInstant="{start}"><saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject><saml:NameID
 Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">{self.name}</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{end}"
 Recipient="{self.recipient}" InResponseTo="{self.request}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions
 NotBefore="{start}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience>
</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{start}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement>{extra}</saml:Assertion>"""
        if self.signed:
            sign = saml_utils.OneLogin_Saml2_Utils.add_sign
            assertion = sign(assertion, self.key, self.certificate, False, *SHA).decode()
        answers = f' InResponseTo="{self.request}"' if self.request else ""
        return f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r{uuid4().hex}" Version="2.0"
 IssueInstant="{start}" Destination="{self.recipient}"{answers}><saml:Issuer
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{self.issuer}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""


@pytest.fixture(autouse=True)
def _door(make_door: Callable[..., None]) -> None:
    make_door(kind="saml", server=f"{IDP}/sso", issuer=IDP, certificate=CERTIFICATE)


def leave(client: Client) -> str:
    """The id of the request with which the browser leaves."""
    address = client.get("/login/door/city/").headers["Location"]
    assert address.startswith(f"{IDP}/sso?SAMLRequest=")
    asked = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    return ElementTree.fromstring(zlib.decompress(base64.b64decode(asked), -15)).attrib["ID"]


def come(client: Client, response: str) -> Any:
    sent = {"SAMLResponse": base64.b64encode(response.encode()).decode()}
    answer = Client(enforce_csrf_checks=True).post("/login/door/city/acs/", sent)  # without the session, as browsers do
    if answer.headers["Location"] != "/login/door/city/back/":
        return answer
    client.cookies.update(answer.cookies)
    return client.get("/login/door/city/back/")


def test_a_signed_assertion_leads_in_once(client: Client, tied: Callable[..., Any]) -> None:
    account = tied("zhang")
    response = Assertion(leave(client)).response()
    assert come(client, response).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(account.pk)
    client.post("/logout/")
    assert come(client, response).headers["Location"] == "/login/", "replayed"
    leave(client)
    assert come(client, response).headers["Location"] == "/login/", "replayed into a later request"
    assert "_auth_user_id" not in client.session


def test_an_attribute_may_be_the_identity(client: Client, tied: Callable[..., Any], make_door: Any) -> None:
    make_door(kind="saml", server=f"{IDP}/sso", issuer=IDP, certificate=CERTIFICATE, id="empno")
    account = tied("7001")
    come(client, Assertion(leave(client), attribute="7001").response())
    assert client.session["_auth_user_id"] == str(account.pk)


def test_nobody_is_made(client: Client) -> None:
    number = Account.objects.count()
    come(client, Assertion(leave(client), name="stranger").response())
    assert Account.objects.count() == number and "_auth_user_id" not in client.session


CHEATS: dict[str, dict[str, Any]] = {
    "unsigned": {"signed": False},
    "signed by another": {"key": FOREIGN_KEY, "certificate": FOREIGN_CERTIFICATE},
    "for another service": {"audience": "https://other.example.cn/"},
    "for another address": {"recipient": "https://other.example.cn/acs"},
    "from another issuer": {"issuer": "https://evil.example/"},
    "too old": {"minutes": -20},
    "not yet": {"minutes": 600},
    "of another request": {"request": "ONELOGIN_0000"},
    "of no request": {"request": ""},
    "of nobody": {"name": ""},
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_an_assertion_that_is_not_for_this_login_is_refused(client: Client, tied: Any, cheat: str) -> None:
    tied("zhang")
    answer = come(client, replace(Assertion(leave(client)), **CHEATS[cheat]).response())
    assert answer.headers["Location"] == "/login/" and "_auth_user_id" not in client.session


def test_a_changed_or_wrapped_assertion_is_refused(client: Client, tied: Callable[..., Any]) -> None:
    tied("admin")
    response = Assertion(leave(client)).response()
    assert "_auth_user_id" not in client.session
    come(client, response.replace(">zhang<", ">admin<"))
    assert "_auth_user_id" not in client.session, "the signature covers the name"
    forged = replace(Assertion(leave(client)), name="admin", signed=False).response()
    own = forged.partition("<saml:Assertion")[1:]
    wrapped = response.replace("</samlp:Status>", "</samlp:Status>" + "".join(own).removesuffix("</samlp:Response>"), 1)
    come(client, wrapped)
    assert "_auth_user_id" not in client.session, "beside a signed one, another does not count"


@pytest.mark.parametrize(
    "sent", ["", "x", "%%%", base64.b64encode(b"<a>").decode(), "A" * 200_000, base64.b64encode(b"\0\xff").decode()]
)
def test_what_is_no_response_is_refused(client: Client, sent: str) -> None:
    leave(client)
    assert client.post("/login/door/city/acs/", {"SAMLResponse": sent}).headers["Location"] == "/login/"


def test_entities_are_not_expanded(client: Client, tied: Callable[..., Any]) -> None:
    tied("zhang")
    evil = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + Assertion(leave(client)).response()
    assert come(client, evil).headers["Location"] == "/login/"


def test_a_login_begun_elsewhere_is_not_finished_here(client: Client, tied: Callable[..., Any]) -> None:
    tied("zhang")
    theirs = Assertion(leave(Client())).response()
    leave(client)
    come(client, theirs)
    assert "_auth_user_id" not in client.session


def test_the_handed_over_cookie_cannot_be_written(client: Client, tied: Callable[..., Any]) -> None:
    tied("zhang")
    number = leave(client)
    client.cookies["qingdun_saml"] = f'["zhang", "{number}"]:1abcde:forged'
    client.get("/login/door/city/back/")
    assert "_auth_user_id" not in client.session


def test_metadata_names_where_to_answer(client: Client) -> None:
    answer = client.get("/login/door/city/metadata/")
    assert answer.status_code == 200 and f"{HOST}/login/door/city/acs/" in answer.content.decode()
    assert client.get("/login/door/nowhere/metadata/").status_code == 404
