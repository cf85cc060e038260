from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.logs.collect import push
from qingdun.logs.models import Source
from qingdun.logs.spool import Via
from tests.logs.collect.conftest import Doors
from tests.logs.installation import TOKEN, wait


def post(doors: Doors, body: bytes, *, method: str = "POST", path: str = "/push", **headers: str) -> tuple[int, Any]:
    """`Content_Type="…"` stands for a header; None leaves one out."""
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", doors.port("http"), timeout=10)
    connection.request(method, path, body, {name: value for name, value in given.items() if value})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def test_lines_are_on_disk_when_the_sender_is_told(doors: Doors) -> None:
    assert post(doors, b"one\ntwo\r\n\nthree") == (200, {"lines": 3})
    assert [record for _head, record in doors.kept()] == [b"one", b"two", b"three"]
    source = Source.objects.get(name="push")
    assert {(head.via, head.source) for head, _record in doors.kept()} == {(Via.HTTP, source.pk)}


def test_gzip_is_unpacked_in_all_its_members(doors: Doors) -> None:
    body = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    assert post(doors, body, Content_Encoding="gzip") == (200, {"lines": 2})
    assert doors.records(2) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"a": 1}, {"a": 2}]', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":\n  1}', [b'{"a":1}']),
        (b'{"a": 1}\n{"a": 2}\n', [b'{"a": 1}', b'{"a": 2}']),
        (b'{"broken":\n1', [b'{"broken":', b"1"]),
    ],
)
def test_json_falls_into_documents(doors: Doors, body: bytes, expected: list[bytes]) -> None:
    assert post(doors, body, Content_Type="application/json") == (200, {"lines": len(expected)})
    assert doors.records(len(expected)) == expected


def test_an_empty_body_is_no_lines(doors: Doors) -> None:
    assert post(doors, b"") == (200, {"lines": 0})
    assert doors.kept() == []


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (401, {"Authorization": ""}),
        (401, {"Authorization": "Bearer not-a-token"}),
        (401, {"Authorization": f"Basic {TOKEN}"}),
        (415, {"Content_Type": "image/png"}),
        (415, {"Content_Encoding": "br"}),
        (400, {"Content_Encoding": "gzip"}),
        (404, {"path": "/"}),
        (405, {"method": "PUT"}),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_to_do(doors: Doors, status: int, request_: dict[str, str]) -> None:
    assert post(doors, b"the same body") == (200, {"lines": 1})
    got, content = post(doors, b"the same body", **request_)
    assert got == status
    assert content["detail"]
    assert len(doors.kept()) == 1
    wait(lambda: doors.counters("http").refused == 1, 5)


def test_half_a_gzip_is_refused(doors: Doors) -> None:
    body = gzip.compress(b"line\n" * 1000)
    assert post(doors, body[:-9], Content_Encoding="gzip")[0] == 400
    assert doors.kept() == []


def test_a_small_body_that_unfolds_into_a_huge_one_is_refused(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "LIMIT_BYTES", 100_000)
    assert post(doors, gzip.compress(b"x" * 100_000_000), Content_Encoding="gzip")[0] == 413
    assert post(doors, b"x" * 100_001)[0] == 413
    assert post(doors, b"x" * 100_000)[0] == 200


def test_without_room_the_sender_is_told_until_there_is(open_doors: Callable[..., Doors]) -> None:
    doors = open_doors(floor=2**62)
    status, content = post(doors, b"one\n")
    assert status == 507
    assert "低于下限" in content["detail"]
    assert doors.kept() == []
    doors.spool.floor = 0
    wait(lambda: post(doors, b"one\n") == (200, {"lines": 1}), 5)
    assert doors.records(1) == [b"one"]


def test_a_token_works_at_once_and_stops_when_it_is_replaced(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    from hashlib import sha256

    from qingdun.logs.collect import directory

    monkeypatch.setattr(directory, "REFRESH_SECONDS", 0.1)
    assert post(doors, b"one")[0] == 200
    Source.objects.update(token_digest=sha256(b"a fresh one").hexdigest())
    wait(lambda: post(doors, b"one", Authorization="Bearer a fresh one")[0] == 200, 5)
    wait(lambda: post(doors, b"one")[0] == 401, 5)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), kind=st.sampled_from(["text/plain", "application/json"]), packed=st.booleans())
def test_no_body_breaks_the_door(doors: Doors, body: bytes, kind: str, packed: bool) -> None:
    encoding = "gzip" if packed else "identity"
    status, _content = post(doors, body, Content_Type=kind, Content_Encoding=encoding)
    assert status in (200, 400)
    assert post(doors, b"still there")[0] == 200
