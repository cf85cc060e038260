"""Every address of the platform, asked by four visitors: nobody, the wrong role, the right role there and elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from qingdun.access.roster import roles
from tests.pages import AT_THE_ROOT, PAGES, PUBLIC, SIGNED_IN

pytestmark = pytest.mark.django_db

#: The views that stand open, and why. Everything else needs an account before its own code runs.
OPEN = {
    "web:language": "a visitor chooses the language before signing in",
    "access:login": "the door itself",
}


def routes(patterns: list[Any], prefix: str = "/", names: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path, f"{names}{pattern.namespace or ''}:".lstrip(":"))
        else:
            yield path, names + (pattern.name or ""), pattern


#: Without ninja's `api-root`, which answers 404 to everybody and is there to be reversed.
ROUTES = [route for route in routes(get_resolver().url_patterns) if route[1] != "api:api-root"]
CHECKED = {path: asks for path, asks in PAGES.items() if asks != PUBLIC}
PERMITTED = {path: asks for path, asks in CHECKED.items() if asks != SIGNED_IN}


def test_the_table_of_pages_is_complete() -> None:
    plain = {path for path, _name, _pattern in ROUTES if "<" not in path}
    assert plain == set(PAGES), "tests/pages.py must name every address without a parameter, and no other"


def test_every_route_needs_an_account_unless_it_is_listed_as_open() -> None:
    for path, name, pattern in ROUTES:
        assert getattr(pattern.callback, "login_required", True) is (name not in OPEN), path


def ask(client: Client, path: str) -> Any:
    """GET, or POST for an address that takes nothing else."""
    answer = client.get(path)
    return client.post(path) if answer.status_code == 405 else answer


def role_with(permission: str) -> str:
    return next(key for key, role in roles().items() if permission in role.may)


def role_without(permission: str) -> str:
    return next(key for key, role in roles().items() if permission not in role.may)


@pytest.mark.parametrize("path", CHECKED)
def test_nobody_is_sent_to_the_door(client: Client, path: str) -> None:
    answer = client.get(path)
    if path.startswith("/api/"):
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
    else:
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize(("path", "permission"), PERMITTED.items())
def test_the_wrong_role_is_refused_and_the_right_one_is_not(
    visitor: Callable[..., Client], make_unit: Callable[..., Any], path: str, permission: str
) -> None:
    elsewhere = make_unit("elsewhere", parent=make_unit())
    wrong, right = role_without(permission), role_with(permission)
    assert ask(visitor(wrong), path).status_code == 403
    assert ask(visitor(""), path).status_code == 403
    assert (ask(visitor(right, unit=elsewhere), path).status_code < 400) is (path not in AT_THE_ROOT)
    assert ask(visitor(right), path).status_code < 400


@pytest.mark.parametrize("path", [path for path, asks in CHECKED.items() if asks == SIGNED_IN])
def test_any_account_may_open_what_belongs_to_everybody(visitor: Callable[..., Client], path: str) -> None:
    assert ask(visitor(""), path).status_code < 400


@pytest.mark.parametrize("path", ["/login/", "/audit/", "/no/such/page", "/api/v1/access/me", "/language"])
def test_every_answer_carries_the_strict_policy(client: Client, visitor: Callable[..., Client], path: str) -> None:
    for answer in (client.get(path), visitor("audit_admin").get(path), client.post(path)):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
