"""What every request of the machine interface passes, and how each refusal reads."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from django.test import Client
from ninja import Schema

from qingdun.config.api import api
from qingdun.web.machine import door
from qingdun.web.machine.document import operations

pytestmark = pytest.mark.django_db
HOSTS, ME = "/api/v1/inventory/hosts", "/api/v1/access/me"
ROLE = "operations_engineer"


@pytest.fixture(autouse=True)
def _own_limits(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = door.Limiter(tmp_path / "rate")
    monkeypatch.setattr(door, "_limiter", lambda: limiter)


def told(answer: Any, status: int) -> Any:
    """The problem, complete in every field."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["type"].startswith("/api/#")
    assert problem["title"] and problem["detail"] and problem["instance"].startswith("/api/v1/")
    return problem


def test_every_refusal_is_a_problem(client: Any, visitor: Any, make_unit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told(client.get(ME), 401)
    assert client.get(ME).headers["WWW-Authenticate"].startswith("Bearer")
    engineer = visitor(ROLE, unit=make_unit())
    told(visitor("").get(HOSTS), 403)
    told(engineer.get("/api/v1/no/such"), 404)
    told(engineer.get(f"{HOSTS}/999999"), 404)
    refused = engineer.put(HOSTS)
    told(refused, 405)
    assert set(refused.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}
    told(engineer.post(HOSTS, "x" * ((1 << 20) + 1), content_type="application/json"), 413)
    told(engineer.post(HOSTS, "name=x", content_type="application/x-www-form-urlencoded"), 415)
    told(engineer.post(HOSTS, {"name": "x"}), 415)
    assert told(engineer.post(HOSTS, "{}", content_type="application/json"), 422)["errors"]["name"]
    assert told(engineer.get(f"{HOSTS}?size=0"), 422)["errors"] == {"size": ["不得小于 1。"]}
    assert "没有这个参数" in told(engineer.get(f"{HOSTS}?nosuch=1"), 422)["detail"]
    monkeypatch.setattr("qingdun.inventory.api.page", lambda *given: 1 // 0)
    told(engineer.get(HOSTS), 500)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"name": 1, "name": 2}',
        b'{"name": NaN}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b"[" * 5000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"9" * 5000,
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(visitor: Any, body: bytes) -> None:
    told(visitor(ROLE).generic("POST", HOSTS, body, content_type="application/json"), 400)


@pytest.mark.parametrize("query", ["?page=1&page=2", "?unit=a&unit=b", "?q=%00", "?q=a&q=b"])
def test_a_parameter_is_given_once_and_as_text(visitor: Any, query: str) -> None:
    told(visitor(ROLE).get(HOSTS + query), 400)


def test_what_nobody_asked_for_is_not_set(visitor: Any, make_unit: Any, make_account: Any) -> None:
    here = make_unit("here", parent=make_unit())
    client = visitor("unit_contact", unit=here)
    new = {"code": "S-1", "name": "甲", "unit": "here", "provisioned": "2026-03-01"}
    for extra in ({"id": 7}, {"stage": "passed"}, {"unit_path": "/"}, {"retired": None}, {"unit__path": "/"}):
        answer = client.post("/api/v1/inventory/systems", json.dumps(new | extra), content_type="application/json")
        assert list(told(answer, 422)["errors"]) == list(extra)


def test_every_body_refuses_unknown_fields() -> None:
    document = api.get_openapi_schema()
    loose = []
    for method, path, operation in operations(document):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            named = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
            if media == "application/json" and named.get("additionalProperties") is not False:
                loose.append(f"{method} {path}")
    assert loose == [], "derive the body from qingdun.web.machine.Body"


def test_every_operation_is_named_summarised_and_needs_somebody() -> None:
    for method, path, operation in operations(api.get_openapi_schema()):
        room = path.removeprefix("/api/v1/").split("/")[0]
        assert operation["operationId"].startswith(f"{room}_"), f"{method} {path}: operation_id={room}_…"
        assert any("\u4e00" <= letter <= "\u9fff" for letter in operation.get("summary", "")), (
            f"{method} {path}: summary"
        )
        assert operation["security"] == [{"Bearer": []}, {"Session": []}], f"{method} {path}"


def test_too_many_requests_are_told_when_to_come_back(visitor: Any, settings: Any) -> None:
    settings.API_RATE = 5
    busy, calm = visitor(ROLE), visitor(ROLE)
    assert [busy.get(ME).status_code for _ in range(6)] == [200] * 5 + [429]
    limited = busy.get(ME)
    told(limited, 429)
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert calm.get(ME).status_code == 200
    assert busy.get("/").status_code == 200  # pages are not the interface


def test_an_address_is_limited_whoever_asks_from_it(visitor: Any, settings: Any) -> None:
    settings.API_RATE_ADDRESS = 4
    clients = [visitor(ROLE) for _ in range(3)]
    statuses = [client.get(ME, REMOTE_ADDR="203.0.113.7").status_code for client in clients for _ in range(2)]
    assert statuses.count(200) == 4 and statuses.count(429) == 2
    assert clients[0].get(ME, REMOTE_ADDR="203.0.113.8").status_code == 200


def test_guessing_tokens_ends_soon(settings: Any) -> None:
    settings.API_RATE_WRONG = 3
    guess = Client(headers={"Authorization": "Bearer qd_guess"})
    assert [guess.get(ME).status_code for _ in range(5)] == [401] * 3 + [429] * 2
    assert guess.get(ME, REMOTE_ADDR="203.0.113.8").status_code == 401


def test_strangers_are_limited_for_themselves(client: Any, visitor: Any, settings: Any) -> None:
    settings.API_RATE_NOBODY = 2
    assert [client.get(ME).status_code for _ in range(3)] == [401, 401, 429]
    assert visitor(ROLE).get(ME).status_code == 200  # those behind the same NAT are not kept out


def test_what_is_unchanged_is_not_sent_again(visitor: Any, make_unit: Any) -> None:
    client = visitor(ROLE, unit=make_unit())
    first = client.get(HOSTS)
    same = client.get(HOSTS, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert client.get(f"{HOSTS}?size=3", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_pages_of_a_list_lead_on_and_end(visitor: Any, make_unit: Any) -> None:
    client, seen, path = visitor(ROLE, unit=make_unit()), [], f"{HOSTS}?size=2&total=false&sort=-address"
    for number in range(5):
        host = {
            "name": "h",
            "zone": "govnet",
            "address": f"10.7.0.{number + 1}",
            "unit": "city",
            "registered": "2026-03-02",
        }
        assert client.post(HOSTS, json.dumps(host), content_type="application/json").status_code == 201
    while path:
        answer = client.get(path).json()
        seen += [row["id"] for row in answer["rows"]]
        assert answer["total"] is None
        path = answer["next"]
    assert len(seen) == len(set(seen)) == 5


def test_asking_for_an_unknown_unit_tells_nothing(visitor: Any, make_unit: Any) -> None:
    here, _there = make_unit("here", parent=make_unit()), make_unit("there", parent=make_unit())
    client = visitor("unit_contact", unit=here)
    for kind in ("units", "systems", "hosts", "sites", "devices"):
        known, unknown = (client.get(f"/api/v1/inventory/{kind}?unit={code}") for code in ("there", "nowhere"))
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
        pages = [client.get(f"/assets/{kind}/?unit={code}").content.decode() for code in ("there", "nowhere")]
        assert pages[0].replace("there", "nowhere").count("没有") == pages[1].count("没有")


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two shapes of one name would be one in the document, and half the operations would be described wrongly."""
    homes: dict[str, set[str]] = {}
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.startswith("qingdun.") and (".api" in name or ".machine" in name):
            for held in vars(module).values():
                if isinstance(held, type) and issubclass(held, Schema) and held.__module__.startswith("qingdun."):
                    homes.setdefault(held.__name__, set()).add(held.__module__)
    assert homes
    assert {key: sorted(where) for key, where in homes.items() if len(where) > 1} == {}
