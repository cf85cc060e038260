"""CAS 2 and 3 against a server on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
ANSWER = (
    '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess><cas:user>zhang</cas:user>'
    "<cas:attributes><cas:empno>7001</cas:empno></cas:attributes></cas:authenticationSuccess></cas:serviceResponse>"
)
REFUSAL = (
    '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">'
    '<cas:authenticationFailure code="INVALID_TICKET"/></cas:serviceResponse>'
)


class Server:
    """Tickets are for one service and good once."""

    def __init__(self) -> None:
        self.tickets: dict[str, str] = {}
        self.asked: list[str] = []

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        fits = self.tickets.pop(asked.get("ticket", ""), None) == asked.get("service")
        return 200, "text/xml", (ANSWER if fits else REFUSAL).encode()

    def consent(self, address: str) -> str:
        service = parse_qs(urlsplit(address).query)["service"][0]
        ticket = f"ST-{len(self.asked)}-x"
        self.tickets[ticket] = service
        return f"{urlsplit(service).path}?{urlsplit(service).query}&ticket={ticket}"


@pytest.fixture
def server(serve: Callable[..., str], make_door: Callable[..., None]) -> Server:
    one = Server()
    one.address = serve(one.answer)  # type: ignore[attr-defined]
    make_door(kind="cas", server=f"{one.address}/cas")  # type: ignore[attr-defined]
    return one


def leave(client: Client) -> str:
    return str(client.get("/login/door/city/").headers["Location"])


def test_a_ticket_leads_in_once(client: Client, server: Server, tied: Callable[..., Any]) -> None:
    account = tied("zhang")
    path = server.consent(leave(client))
    assert client.get(path).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(account.pk)
    assert server.asked == ["/cas/serviceValidate"]
    client.post("/logout/")
    assert client.get(path).headers["Location"] == "/login/"


def test_an_attribute_may_be_the_identity(
    client: Client, server: Any, tied: Callable[..., Any], make_door: Callable[..., None]
) -> None:
    make_door(kind="cas", server=f"{server.address}/cas", id="empno")
    tied("zhang")
    client.get(server.consent(leave(client)))
    assert "_auth_user_id" not in client.session
    account = tied("7001")
    client.get(server.consent(leave(client)))
    assert client.session["_auth_user_id"] == str(account.pk)
    assert set(server.asked) == {"/cas/p3/serviceValidate"}


def test_anothers_ticket_does_not_come_in_here(client: Client, server: Server, tied: Callable[..., Any]) -> None:
    tied("zhang")
    theirs = server.consent(leave(Client()))
    assert client.get(theirs).headers["Location"] == "/login/"
    own = leave(client)
    ticket = parse_qs(urlsplit(theirs).query)["ticket"][0]
    state = parse_qs(urlsplit(parse_qs(urlsplit(own).query)["service"][0]).query)["state"][0]
    client.get(f"/login/door/city/back/?state={state}&ticket={ticket}")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("ticket", ["", "PT-1", "ST-" + "x" * 600, "ST-unknown", "ST-1&service=x"])
def test_what_is_no_ticket_is_refused(client: Client, server: Server, tied: Callable[..., Any], ticket: str) -> None:
    tied("zhang")
    path = server.consent(leave(client)).rpartition("&ticket=")[0]
    assert client.get(path, {"ticket": ticket}).headers["Location"] == "/login/"
    client.get(f"{path}&ticket={ticket}")
    assert "_auth_user_id" not in client.session
