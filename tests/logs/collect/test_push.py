from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.logs.collect import body, push
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
    monkeypatch.setattr(body, "LIMIT_BYTES", 100_000)
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


def raw(doors: Doors, data: bytes) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", doors.port("http")), timeout=10)
    sock.sendall(data)
    return sock


@pytest.mark.parametrize("limit", ["total", "each"])
def test_connections_beyond_the_limit_are_refused(doors: Doors, limit: str) -> None:
    gate = doors.collector.push.gate  # type: ignore[union-attr]
    setattr(gate, limit, 1)
    with raw(doors, b"POST /push HTTP/1.1\r\n"):
        wait(lambda: gate.inside.total() == 1, 5)
        with raw(doors, b"") as second, suppress(ConnectionResetError):
            assert second.recv(1) == b""
        assert doors.counters("http").refused == 1
    wait(lambda: not gate.inside, 5)
    assert post(doors, b"one")[0] == 200


@pytest.mark.parametrize("begun", [b"", b"POST /push HT", b"\r\n", b"POST /push HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(push, "HEAD_SECONDS", 0.3)
    with raw(doors, begun) as slow, suppress(ConnectionResetError):
        assert slow.recv(1) == b""


def test_a_head_begun_on_a_kept_connection_is_not_waited_for_either(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "HEAD_SECONDS", 0.3)
    with raw(doors, b"POST /push HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") as slow:
        answer = b""
        while not answer.endswith(b"}"):
            answer += slow.recv(4096)
        assert answer.startswith(b"HTTP/1.1 401")
        slow.sendall(b"POST /push HTTP/1.1\r\n")
        with suppress(ConnectionResetError):
            assert slow.recv(1) == b""


@pytest.mark.parametrize("endless", [b"X-Header: " + b"x" * 100 + b"\r\n", b"x" * 100])
def test_an_endless_head_is_refused(doors: Doors, endless: bytes) -> None:
    with raw(doors, b"POST /push HTTP/1.1\r\nHost: x\r\nX-First: ") as sock, suppress(OSError):
        for _part in range(2000):
            sock.sendall(endless)
        assert sock.recv(4096).startswith(b"HTTP/1.1 400")
        assert sock.recv(1) == b""
    assert post(doors, b"one")[0] == 200


def test_a_body_that_does_not_come_is_not_waited_for(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.3)
    head = f"POST /push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\nabc"
    with raw(doors, head.encode()) as slow:
        assert slow.recv(4096).startswith(b"HTTP/1.1 408")
    assert doors.kept() == []


def test_bodies_share_a_bounded_room_and_give_it_back(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "ROOM_BYTES", 1000)
    assert post(doors, b"x" * 1001)[0] == 503
    assert post(doors, gzip.compress(b"x" * 1001), Content_Encoding="gzip")[0] == 503
    assert post(doors, b"x" * 1000)[0] == 200
    assert doors.collector.push.held == 0  # type: ignore[union-attr]


def test_gzip_in_crumbs_is_refused_before_it_costs_time(doors: Doors) -> None:
    before = time.monotonic()
    assert post(doors, gzip.compress(b"") * 400_000, Content_Encoding="gzip")[0] == 400
    assert time.monotonic() - before < 5
    assert post(doors, gzip.compress(b"line\n") * 5000, Content_Encoding="gzip") == (200, {"lines": 5000})


def test_a_huge_json_document_is_refused_and_the_same_as_lines_is_not(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "DOCUMENT_BYTES", 100)
    assert post(doors, b"[" + b"[]," * 50 + b"[]]", Content_Type="application/json")[0] == 413
    assert post(doors, b'{"a": 1}\n' * 50, Content_Type="application/x-ndjson") == (200, {"lines": 50})
