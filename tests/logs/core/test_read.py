"""The reader as others rely on it: one event per record, in order, whatever the bytes are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.ndjson import encode
from qingdun.logs.core.read import UNREAD, Reader
from qingdun.logs.core.shape import clusters
from qingdun.logs.core.split import records
from qingdun.logs.core.workshop import BODIES, Choices, draft

READER = Reader(formats())
RECEIVED = datetime(2024, 1, 1, 0, 0, 30, tzinfo=UTC)
SAMPLES = [raw for one in formats().values() for raw, _ in one.samples]


def raw_frame(lines: list[bytes], format: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "raw": lines,
            "received": [RECEIVED] * len(lines),
            "source": [7] * len(lines),
            "format": [format] * len(lines),
        },
        schema=RAW,
    )


def read(*lines: str | bytes, format: str | None = None) -> list[dict[str, Any]]:
    raws = [line.encode() if isinstance(line, str) else line for line in lines]
    return READER.read(raw_frame(raws, format)).to_dicts()


def one(line: str | bytes, **also: Any) -> dict[str, Any]:
    (event,) = read(line, **also)
    return event


def test_every_event_has_exactly_the_columns_and_keeps_source_and_receipt() -> None:
    events = READER.read(raw_frame([b"a=1", b"", b"\xff"]))
    assert dict(events.schema) == EVENT
    assert events["qingdun.source"].to_list() == [7, 7, 7]
    assert events["event.ingested"].to_list() == [RECEIVED] * 3
    assert READER.read(raw_frame([])).schema == EVENT


def test_an_unread_line_is_kept_with_the_reason() -> None:
    event = one("~~~")
    assert (event["error.message"], event["event.original"], event["qingdun.format"]) == (UNREAD, "~~~", None)
    assert event["@timestamp"] == RECEIVED


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("源IP=198.51.100.1 动作=拒绝".encode("gb18030"), "源IP=198.51.100.1 动作=拒绝"),
        ("源IP=198.51.100.1 动作=拒绝".encode()[:-1], "源IP=198.51.100.1 动作=拒\\xe7\\xbb"),
        (b"src=198.51.100.1 x=\xff\xfe\xff\xfd", "src=198.51.100.1 x=\\xff\\xfe\\xff\\xfd"),
        (b"src=198.51.100.1\x00y\x00\r\n", "src=198.51.100.1\\x00y"),
    ],
)
def test_bytes_of_any_encoding_become_text(raw: bytes, text: str) -> None:
    event = one(raw)
    assert event["event.original"] == text
    assert event["source.ip"] == "198.51.100.1"


@pytest.mark.parametrize(
    ("line", "expect"),
    [
        ("<902>Jul 12 08:27:34 waf1 WAG: src=198.51.100.1", {"log.syslog.priority": 902, "host.name": "waf1"}),
        (
            "<invld>Jul 12 08:27:34 waf1 WAG: src=198.51.100.1",
            {"log.syslog.priority": None, "log.syslog.appname": "WAG"},
        ),
        ("Jul 12 08:27:34 2022 H3C FW-1 %%10SHELL/5/LOGIN: x", {"host.name": "H3C FW-1"}),
        (
            "Sep 10 16:06:37 10.0.0.9 JUL 14 16:03:22 db1 FTP: client_ip=10.0.0.2",
            {"host.name": "db1", "source.ip": "10.0.0.2"},
        ),
        (
            "<13>Nov 10 20:11:42 relay r[2]: <5>SRC=10.0.0.1 DST=10.0.0.2",
            {"log.syslog.priority": 5, "destination.ip": "10.0.0.2"},
        ),
        (
            "<34>1 2022-07-12T09:05:00.003+08:00 h1 app 111 - - hi there",
            {"log.syslog.procid": "111", "message": "hi there"},
        ),
        ("<12>Jul 12 08:25:33 (none) : src=10.0.0.1", {"host.name": None, "source.ip": "10.0.0.1"}),
        (
            '{"log":"src=10.0.0.1 dst=10.0.0.2\\n","stream":"stdout","time":"2022-07-12T01:00:00Z"}',
            {"destination.ip": "10.0.0.2"},
        ),
    ],
)
def test_envelopes(line: str, expect: dict[str, Any]) -> None:
    event = one(line)
    assert {name: event[name] for name in expect} == expect


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-07-12 08:13:20", "2022-07-12T00:13:20+00:00"),
        ("2022-7-2 8:03:04", "2022-07-02T00:03:04+00:00"),
        ("2022/07/12 08:13:20", "2022-07-12T00:13:20+00:00"),
        ("2022年07月12日 08:13:20", "2022-07-12T00:13:20+00:00"),
        ("2022-07-12T08:13:20.5-05:00", "2022-07-12T13:13:20.500000+00:00"),
        ("12/Jul/2022:08:57:01 +0800", "2022-07-12T00:57:01+00:00"),
        ("Jul 12 2022 08:45:22 GMT+08:00", "2022-07-12T00:45:22+00:00"),
        ("20220712081320", "2022-07-12T00:13:20+00:00"),
        ("1657584800", "2022-07-12T00:13:20+00:00"),
        ("1657584800123", "2022-07-12T00:13:20.123000+00:00"),
        ("1657584800123456", "2022-07-12T00:13:20.123456+00:00"),
        ("1657584800123456789", "2022-07-12T00:13:20.123456+00:00"),
        ("2022-02-30 08:13:20", RECEIVED.isoformat()),
    ],
)
def test_times(text: str, instant: str) -> None:
    assert one(f'src=10.0.0.1 time="{text}"')["@timestamp"] == datetime.fromisoformat(instant)


def test_a_missing_year_is_the_one_near_receipt() -> None:
    late, early, old = read(*(f"<13>{day} h a: x" for day in ("Dec 31 23:59:59", "Jan  1 08:00:10", "Mar  5 01:00:00")))
    assert late["@timestamp"] == datetime(2023, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert early["@timestamp"] == datetime(2024, 1, 1, 0, 0, 10, tzinfo=UTC)
    assert old["@timestamp"].year == 2023
    assert all(event["@timestamp"] <= RECEIVED + timedelta(days=1) for event in (late, early, old))


@pytest.mark.parametrize(
    ("line", "expect"),
    [
        (
            "Source=10.0.0.1:8080; Dest=[2001:db8::1]:443;",
            {"source.port": 8080, "destination.ip": "2001:db8::1", "destination.port": 443},
        ),
        ("source-ip:4-0a010164; destination-ip:10.0.0.2; x:1; y:2", {"source.ip": "10.1.1.100"}),
        ("src=::ffff:10.0.0.1 dport=69000", {"source.ip": "10.0.0.1", "destination.port": None}),
        (
            "源IP：10.0.0.1，目的IP：10.0.0.2，严重级别：高，动作：阻断",
            {"destination.ip": "10.0.0.2", "event.severity": 4, "qingdun.action": "blocked"},
        ),
        (
            '{"a":{"src_ip":"10.0.0.1"},"sev":HIGH,"severity":HIGH,"tail":"cut',
            {"source.ip": "10.0.0.1", "event.severity": 4},
        ),
        ("{'src_ip': '10.0.0.1', 'action': 'deny'}", {"source.ip": "10.0.0.1", "qingdun.action": "blocked"}),
        (
            "sip 10.0.0.1 sport 5 dip 10.0.0.2 dport 6 prot TCP",
            {"source.port": 5, "destination.port": 6, "network.transport": "tcp"},
        ),
        (
            "Failed login for user bob from 10.0.0.9 port 22",
            {"source.ip": "10.0.0.9", "source.port": 22, "user.name": "bob"},
        ),
        ("10.0.0.1:5 -> 10.0.0.2:80 denied", {"destination.port": 80, "qingdun.action": "blocked"}),
        ("user=- src=N/A dst=10.0.0.2 attack=(null)", {"user.name": None, "source.ip": None, "rule.name": None}),
        (
            "src=10.0.0.1 url=http://a.example:8080/x%2e/y?b=%27&c=1",
            {"url.domain": "a.example", "url.path": "/x%2e/y", "url.query": "b=%27&c=1"},
        ),
        ("src=10.0.0.1 dst=10.0.0.1 x=1", {"source.ip": "10.0.0.1", "destination.ip": "10.0.0.1"}),
        ("act=not blocked;src=10.0.0.1;dst=10.0.0.2", {"qingdun.action": "alerted"}),
        ("src=10.0.0.1 proto=17 status=404", {"network.transport": "udp", "http.response.status_code": 404}),
    ],
)
def test_lines_no_format_was_written_for(line: str, expect: dict[str, Any]) -> None:
    event = one(line)
    assert {name: event[name] for name in expect} == expect
    assert event["qingdun.format"] == "generic"


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ('src=10.0.0.1 password="two words" x=1', "two words"),
        ("src=10.0.0.1 Content=口令=abc123;", "abc123"),
        ('{"src":"10.0.0.1","user":{"access_token":"t0ken"}}', "t0ken"),
        ('{"src":"10.0.0.1","\\u5bc6\\u7801":"s3cret"}', "s3cret"),
        ("src=10.0.0.1 hdr=Authorization: Basic dXNlcjpwYXNz end", "dXNlcjpwYXNz"),
        ('src=10.0.0.1 req="GET / HTTP/1.1\\r\\nCookie: sid=abcdef; u=9"', "sid=abcdef"),
        ("src=10.0.0.1 idcard=11010519491231002X", "11010519491231002X"),
        ("src=10.0.0.1 手机号:13800138000", "13800138000"),
        ("GET /login?user=a&passwd=hunter2 from 10.0.0.1", "hunter2"),
    ],
)
def test_secrets_never_leave_the_reader(line: str, gone: str) -> None:
    event = one(line)
    assert gone not in repr(event)
    assert event["source.ip"] == "10.0.0.1"


def test_a_number_that_is_no_identity_is_left_alone() -> None:
    assert "110105194912310021" in one("src=10.0.0.1 serial=110105194912310021")["event.original"]


def test_the_known_format_of_a_source_is_tried_first() -> None:
    line = next(raw for raw, _ in formats()["venus_wag"].samples)
    assert one(line)["qingdun.format"] == "venus_wag"
    assert one(line, format="venus_ips")["qingdun.format"] == "venus_ips"
    assert one(line, format="nginx_access")["qingdun.format"] == "venus_wag"
    assert one(line, format="no_such")["qingdun.format"] == "venus_wag"


def test_what_fills_no_column_is_kept() -> None:
    assert one('{"src_ip":"10.0.0.1","nested":{"odd":"v\\"1"},"list":["a","b"]}')["qingdun.extra"] == (
        '{"nested.odd":"v\\"1","list":"a, b"}'
    )


def test_records_are_cut_before_reading() -> None:
    raw = raw_frame(
        [b'[{"a":1},{"b":2}]', b"<13>Jul 12 09:06:00 h a: x<13>Jul 12 09:06:00 h a: y", b"l1\r\nl2\n", b"", b"x<b>y"]
    )
    cut = records(raw)
    assert cut["raw"].to_list() == [
        *(b'{"a":1}', b'{"b":2}', b"<13>Jul 12 09:06:00 h a: x", b"<13>Jul 12 09:06:00 h a: y"),
        *(b"l1", b"l2", b"x<b>y"),
    ]
    assert dict(cut.schema) == RAW


mangled = st.builds(
    lambda sample, at, noise, drop: sample.encode()[:at] + noise + sample.encode()[at + drop :],
    st.sampled_from(SAMPLES),
    st.integers(0, 400),
    st.binary(max_size=12),
    st.integers(0, 40),
)
glued = st.lists(
    st.sampled_from(
        [
            b"<",
            b">",
            b"=",
            b":",
            b'"',
            b"{",
            b"}",
            b"[",
            b"]",
            b"|",
            b";",
            b"\\",
            b"\x00",
            b"\x1f",
            b"CEF:0|",
            b"1.2.3.4",
        ]
    )
    | st.sampled_from(["源IP", "：", "“", "时间", "2022-99-99 25:61:61", "::ffff:", "%", "\ud7ff"]).map(str.encode),
    max_size=30,
).map(b"".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=200) | mangled | glued, min_size=1, max_size=30))
def test_no_bytes_make_anything_raise(lines: list[bytes]) -> None:
    raw = raw_frame(lines)
    events = READER.read(raw)
    assert dict(events.schema) == EVENT
    assert events.height == len(lines)
    assert READER.read(records(raw)).height >= 0
    assert encode(events, "Asia/Shanghai").len() == len(lines)
    assert clusters(events["event.original"])["count"].sum() == len(lines)


@settings(deadline=None, max_examples=25)
@given(
    st.text(max_size=300) | st.sampled_from(SAMPLES),
    st.sampled_from(["", *BODIES]),
    st.dictionaries(st.sampled_from(["source.ip", "x"]), st.lists(st.text(max_size=5), max_size=2)),
)
def test_no_pasted_text_makes_the_workshop_raise(pasted: str, body: str, ties: dict[str, list[str]]) -> None:
    drafted = draft(pasted, Choices(key="site_fw", body=body, ties=ties), RECEIVED)
    assert bool(drafted.text) != bool(drafted.faults)
