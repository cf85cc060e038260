"""The matcher against a plain one that compares everything with everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingdun.detection.core import indicators
from qingdun.detection.core.indicators_index import SCHEMA, Matcher, load, write
from qingdun.detection.core.indicators_meeting import CATEGORY, NAME, WEIGHT, Met, meet, met

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Row = dict[str, Any]


def row(text: str, weight: int = 50, category: str = "c2", **terms: datetime) -> Row:
    value = indicators.read(text)
    return {"kind": value.kind.value, "value": value.value, "category": category, "weight": weight, **terms}


def matcher(*rows: Row) -> Matcher:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "indicators.arrow"
        write(file, pl.DataFrame([{name: one.get(name) for name in SCHEMA} for one in rows], schema=SCHEMA))
        return load.__wrapped__(file)


COLUMNS = ("destination.ip", "source.ip", "dns.question.name", "url.domain", "url.original", "file.hash.md5")


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    texts = {name: pl.String() for name in (*COLUMNS, "network.forwarded_ip", "qingdun.evidence")}
    filled = [{"@timestamp": NOW, "event.ingested": NOW, "qingdun.count": 1} | one for one in rows]
    schema = {"@timestamp": SCHEMA["since"], "event.ingested": SCHEMA["since"], "qingdun.count": pl.Int64(), **texts}
    return pl.DataFrame([{name: one.get(name) for name in schema} for one in filled], schema=schema)


def names(found: pl.DataFrame) -> list[str | None]:
    return found[NAME].to_list() if NAME in found.columns else [None] * found.height


@pytest.mark.parametrize(
    ("indicator", "column", "value", "meets"),
    [
        ("203.0.113.7", "source.ip", "203.0.113.7", True),
        ("203.0.113.7", "source.ip", "203.0.113.8", False),
        ("203.0.113.0/24", "destination.ip", "203.0.113.255", True),
        ("203.0.113.0/24", "destination.ip", "203.0.114.0", False),
        ("203.0.113.7", "network.forwarded_ip", "203.0.113.7", True),
        ("203.0.113.7", "url.domain", "203.0.113.7", True),
        ("203.0.113.7", "source.ip", "::ffff:203.0.113.7", True),
        ("2001:db8::/32", "source.ip", "2001:db8:ffff::1", True),
        ("2001:db8::1", "source.ip", "2001:0db8:0::1", True),
        ("2001:db8::/32", "source.ip", "2001:db9::1", False),
        ("203.0.113.7", "source.ip", "no address", False),
        ("evil.example", "url.domain", "a.b.Evil.example.", True),
        ("evil.example", "dns.question.name", "evil.example", True),
        ("evil.example", "url.domain", "notevil.example", False),
        ("evil.example", "url.domain", "evil.example.org", False),
        ("http://evil.example/a?b=1", "url.original", "https://EVIL.example:443/a?b=1#x", True),
        ("http://evil.example/a?b=1", "url.original", "https://evil.example/A?b=1", False),
        ("http://evil.example/a", "url.original", "http://evil.example/a/b", False),
        ("http://[2001:db8::1]:81/a", "url.original", "http://[2001:db8::1]:81/a", True),
        ("9e107d9d372bb6826bd81d3542a419d6", "file.hash.md5", "9E107D9D372BB6826BD81D3542A419D6", True),
    ],
)
def test_each_kind_is_looked_for_where_it_can_stand(indicator: str, column: str, value: str, meets: bool) -> None:
    found = meet(events({column: value}, {}), matcher(row(indicator)))
    assert names(found) == [indicators.read(indicator).value if meets else None, None]


def test_a_web_servers_line_is_met_by_host_and_path() -> None:
    line = {"url.domain": "evil.example", "url.original": "/a?b=1"}
    assert names(meet(events(line), matcher(row("http://evil.example/a?b=1")))) == ["http://evil.example/a?b=1"]


def test_the_heaviest_counts_then_the_narrowest_then_where_it_was() -> None:
    known = matcher(
        row("203.0.113.0/24", 90), row("203.0.113.7", 50), row("203.0.113.0/28", 90), row("198.51.100.1", 90)
    )
    found = meet(
        events({"source.ip": "203.0.113.7"}, {"source.ip": "203.0.113.7", "destination.ip": "198.51.100.1"}), known
    )
    assert names(found) == ["203.0.113.0/28", "198.51.100.1"]


def test_it_says_what_was_met_where_and_keeps_what_others_saw() -> None:
    known = matcher(row("203.0.113.0/24", 80, "mining"))
    found = meet(events({"source.ip": "203.0.113.7"}, {"source.ip": "203.0.113.8", "qingdun.evidence": "seen"}), known)
    assert found.select(NAME, CATEGORY, WEIGHT).row(0) == ("203.0.113.0/24", "mining", 80)
    assert found["qingdun.evidence"].to_list() == [
        "情报：source.ip=203.0.113.7 命中 203.0.113.0/24（mining 80）",
        "seen",
    ]


def test_a_term_is_measured_by_the_events_own_time() -> None:
    day = timedelta(days=1)
    known = matcher(row("203.0.113.7", 90, until=NOW), row("203.0.113.7", 40), row("198.51.100.1", since=NOW))
    one = {"source.ip": "203.0.113.7"}
    found = meet(events(one | {"@timestamp": NOW - day}, one, one | {"@timestamp": None}), known)
    assert found[WEIGHT].to_list() == [90, 40, 40]
    other = {"source.ip": "198.51.100.1"}
    assert names(meet(events(other | {"@timestamp": NOW - day}, other), known)) == [None, "198.51.100.1"]


def test_hits_are_summed_by_indicator() -> None:
    later = NOW + timedelta(hours=1)
    some = events(
        {"source.ip": "203.0.113.7", "qingdun.count": 3}, {"source.ip": "203.0.113.7", "@timestamp": later}, {}
    )
    assert met(meet(some, matcher(row("203.0.113.7")))) == [Met("203.0.113.7", 4, later)]


def test_nothing_to_look_for_changes_nothing() -> None:
    some = events({"source.ip": "203.0.113.7"})
    assert meet(some, matcher()).equals(some)
    assert meet(events(), matcher(row("203.0.113.7"))).is_empty()


ADDRESS = st.builds(lambda last: f"203.0.113.{last}", st.integers(0, 20)) | st.sampled_from(
    ["2001:db8::1", "2001:db8:1::2"]
)
NETWORK = st.sampled_from(["203.0.113.0/24", "203.0.113.0/28", "203.0.113.8/30", "2001:db8::/32", "2001:db8:1::/48"])
DOMAIN = st.sampled_from(["a.example", "b.a.example", "c.b.a.example", "ba.example", "d.example"])
URLS = st.builds(lambda host, path: f"http://{host}/{path}", DOMAIN, st.sampled_from(["", "x", "x?y=1"]))
HASH = st.sampled_from(["1" * 32, "2" * 32])
INDICATOR = st.builds(
    lambda text, weight, days: row(text, weight, **({"until": NOW + timedelta(days=days)} if days else {})),
    ADDRESS | NETWORK | DOMAIN | URLS | HASH,
    st.integers(1, 4),
    st.sampled_from([0, -1, 1]),
)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        "source.ip": ADDRESS,
        "destination.ip": ADDRESS,
        "url.domain": DOMAIN,
        "dns.question.name": DOMAIN,
        "url.original": URLS,
        "file.hash.md5": HASH,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(INDICATOR, max_size=12), st.lists(EVENT, min_size=1, max_size=8))
def test_it_finds_what_a_plain_comparison_finds(known: list[Row], happened: list[dict[str, str]]) -> None:
    found = meet(events(*happened), matcher(*known))
    weights = found[WEIGHT].to_list() if WEIGHT in found.columns else [None] * len(happened)
    assert weights == [_heaviest(known, event) for event in happened]


def _heaviest(known: list[Row], event: dict[str, str]) -> int | None:
    alive = [one for one in known if one.get("until") is None or one["until"] > NOW]
    return max(
        (one["weight"] for one in alive for column in event if _covers(one, column, event[column])), default=None
    )


def _covers(one: Row, column: str, value: str) -> bool:
    match one["kind"], column:
        case (("address" | "network"), ("source.ip" | "destination.ip")):
            return ip_address(value) in ip_network(one["value"])
        case "domain", ("url.domain" | "dns.question.name"):
            return f".{value}".endswith(f".{one['value']}")
        case ("url", "url.original") | ("md5", "file.hash.md5"):
            return bool(value == one["value"])
    return False
