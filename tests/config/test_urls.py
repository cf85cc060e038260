"""Every address of the platform: a row in the permission matrix, not open by accident, under the strict policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.matrix.doors import doors, rows, to_nowhere, without_row
from tests.matrix.rows import KEYED, PUBLIC

#: The views that stand open, and why. Everything else needs an account before its own code runs.
OPEN = {
    "web:language": "a visitor chooses the language before signing in",
    "access:login": "the door itself",
    "access:door": "the way to an external identity, where one is set up",
    "access:door_back": "and back; the session knows what it waits for",
    "access:door_acs": "a SAML answer, believed for its signature",
    "access:door_metadata": "what a SAML identity provider is told of us",
    "operations:feed": "fetched by a firewall, which shows the key of its device",
    "access:answer": "its second step, which knows from the session who has passed the first",
}


def test_every_route_and_operation_has_a_row_for_each_method() -> None:
    assert without_row() == [], "add a row to tests/matrix/<room>.py (what a row is: tests/matrix/rows.py)"
    assert to_nowhere() == []
    names = [(row.at, row.method, row.query) for row in rows()]
    assert len(names) == len(set(names)), "two rows for one door"


def test_every_route_needs_an_account_unless_it_is_listed_as_open() -> None:
    assert {door.name for door in doors().values() if door.open} == set(OPEN)
    assert {row.at for row in rows() if row.permission in (PUBLIC, KEYED)} == set(OPEN)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/login/", "/audit/", "/no/such/page", "/api/v1/access/me", "/language"])
def test_every_answer_carries_the_strict_policy(client: Client, visitor: Callable[..., Client], path: str) -> None:
    for answer in (client.get(path), visitor("audit_admin").get(path), client.post(path)):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
