"""The lists that firewalls fetch: a key opens them, nothing else does, and they outlive the database."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from qingdun.lib.rate import Limit, Limiter
from qingdun.operations import feeds
from qingdun.operations.models import Enforcer

LIST = b"192.0.2.7\n198.51.100.0/24\n"
KEY = "a-key-of-43-letters"


def basic(key: str, user: str = "fw") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


@pytest.fixture
def device(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enforcer:
    """A device that is on, with its list on the disk."""
    limiter = Limiter(tmp_path / "rate")
    monkeypatch.setattr(feeds, "_limiter", lambda: limiter)
    for name in ("WRONG", "FETCHES"):  # the same allowances over an hour: a slow machine gets none back meanwhile
        monkeypatch.setattr(feeds, name, Limit(getattr(feeds, name).most, 3600.0))
    monkeypatch.setattr(feeds, "home", lambda: tmp_path)
    digest = sha256(KEY.encode()).hexdigest()
    feeds.file_of(digest, 1).parent.mkdir()
    feeds.file_of(digest, 1).write_bytes(LIST)
    return Enforcer.objects.create(name="出口", kind="feed", token_digest=digest)


def fetch(headers: dict[str, str], number: int = 1, **more: Any) -> Any:
    return Client().get(f"/operations/feeds/{number}.txt", headers=headers, **more)


@pytest.mark.parametrize("headers", [basic(KEY), basic(KEY, ""), {"authorization": f"Bearer {KEY}"}])
def test_the_key_opens_the_list_without_a_session(device: Enforcer, headers: dict[str, str]) -> None:
    answer = fetch(headers)
    assert (answer.status_code, answer.content) == (200, LIST)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert not answer.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("wrong"),
        basic(""),
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic %%%"},
        basic(KEY + "x"),
    ],
)
def test_nothing_else_opens_it(device: Enforcer, headers: dict[str, str]) -> None:
    answer = fetch(headers)
    assert answer.status_code == 401
    assert b"192.0.2.7" not in answer.content
    assert answer["WWW-Authenticate"].startswith("Basic")


def test_a_key_in_the_address_opens_nothing(device: Enforcer) -> None:
    assert Client().get(f"/operations/feeds/1.txt?token={KEY}&key={KEY}").status_code == 401


def test_a_signed_in_person_gets_no_list(device: Enforcer, visitor: Callable[..., Any]) -> None:
    assert visitor("security_officer").get("/operations/feeds/1.txt").status_code == 401


def test_an_unchanged_list_is_not_sent_again(device: Enforcer) -> None:
    tag = fetch(basic(KEY))["ETag"]
    again = fetch({**basic(KEY), "if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    feeds.file_of(device.token_digest, 1).write_bytes(b"192.0.2.8\n")
    assert fetch({**basic(KEY), "if-none-match": tag}).content == b"192.0.2.8\n"


def test_a_device_switched_off_and_a_replaced_key_are_refused(device: Enforcer) -> None:
    Enforcer.objects.update(on=False)
    assert fetch(basic(KEY)).status_code == 401
    Enforcer.objects.update(on=True, token_digest=sha256(b"new").hexdigest())
    assert fetch(basic(KEY)).status_code == 401


def test_the_last_list_is_served_while_the_database_is_down(device: Enforcer, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_given: Any, **_more: Any) -> Any:
        raise OperationalError("no connection")

    monkeypatch.setattr(Enforcer.objects, "filter", down)
    assert fetch(basic(KEY)).content == LIST
    assert fetch(basic("wrong")).status_code == 401


def test_a_list_that_is_not_there_is_said_so(device: Enforcer) -> None:
    assert fetch(basic(KEY), 2).status_code == 404
    feeds.file_of(device.token_digest, 1).unlink()
    answer = fetch(basic(KEY))
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_a_fetch_leaves_a_sign(device: Enforcer) -> None:
    sign = feeds.file_of(device.token_digest, 1).with_name(f"{device.token_digest}.seen")
    assert not sign.exists()
    fetch(basic(KEY))
    assert sign.exists()


def test_guessing_is_slowed_down_for_everybody_at_that_address(device: Enforcer) -> None:
    statuses = [fetch(basic(f"guess-{n}")).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert fetch(basic(KEY)).status_code == 429
    assert fetch(basic(KEY), REMOTE_ADDR="127.0.0.9").status_code == 200


def test_one_key_may_not_fetch_without_end(device: Enforcer) -> None:
    statuses = [fetch(basic(KEY)).status_code for _n in range(61)]
    assert statuses == [200] * 60 + [429]
