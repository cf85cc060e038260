"""The engine against the plain way of answering, over lakes of every shape: indexed or not, cut into groups or not."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.logs.core.query import Clause, Op, Query, parse
from qingdun.logs.search import EVERYTHING, Key, Reach, SearchFailed, duck
from qingdun.logs.search.duck import DuckEngine
from qingdun.logs.search.run import Runner

from .conftest import Row, SmallLake, answer

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
ADDRESSES = ["198.51.100.7", "198.51.100.250", "198.51.7.1", "10.0.0.1", "2001:db8::1", "2001:db8:ffff::7", "::1"]
LINES = st.sampled_from(
    [
        "GET /a/Shell.jsp HTTP/1.1",
        "union SELECT 1",
        "登录失败 用户 root",
        "a.c",
        "a+c",
        "K sign",
        "\u212a sign",
        "x",
        "甲\n乙",
    ]
)
WORDS = st.sampled_from(
    ["/A/shell", "shell", "SELECT", "登录", "root", "a.c", "+c", "k", "zz", "甲\n乙", "1", "GET /a/Shell.jsp HTTP/1.1"]
)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    count = draw(st.integers(1, 24))
    return [
        {
            "@timestamp": BEGIN
            + timedelta(seconds=draw(st.integers(0, 40)), microseconds=draw(st.sampled_from([0, 1]))),
            "event.ingested": BEGIN,
            "qingdun.batch": draw(st.sampled_from(["a", "b"])),
            "qingdun.row": number,
            "qingdun.source": draw(st.integers(1, 3)),
            "source.ip": draw(st.none() | st.sampled_from(ADDRESSES)),
            "http.response.status_code": draw(st.none() | st.sampled_from([200, 404, 500])),
            "url.original": draw(st.none() | LINES),
            "event.original": draw(LINES),
        }
        for number in range(count)
    ]


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    word, text = draw(WORDS), draw(st.sampled_from(["event.original", "url.original"]))
    address, codes = draw(st.sampled_from(ADDRESSES)), (draw(st.sampled_from([200, 404, 7])), 500)
    network = st.sampled_from(["198.51.100.0/24", "198.51.100.128/25", "0.0.0.0/0", "198.51.100.7/32", "10.0.0.0/7",
                               "2001:db8::/32", "2001:db8:8000::/33", "::/0"])  # fmt: skip
    made = draw(
        st.sampled_from(
            [
                Clause(text, Op.CONTAINS, (word,)),
                Clause(text, Op.PREFIX, (word,)),
                Clause(text, Op.ENDS, (word,)),
                Clause(text, Op.IS, (word,)),
                Clause(text, Op.EXISTS),
                Clause(text, Op.MATCHES, ("[sS]he.l",)),
                Clause("source.ip", Op.IS, (address,)),
                Clause("source.ip", Op.IN, (address, "10.0.0.1")),
                Clause("source.ip", Op.CIDR, (draw(network),)),
                Clause("http.response.status_code", Op.IN, codes),
                Clause("http.response.status_code", Op.IS, codes[:1]),
                Clause("http.response.status_code", Op.RANGE, (draw(st.sampled_from([None, 201])), 404)),
            ]
        )
    )
    return Clause(made.field, made.op, made.values, draw(st.booleans()))


MOMENTS = st.none() | st.integers(0, 40).map(lambda second: BEGIN + timedelta(seconds=second))
QUERIES = st.builds(Query, st.lists(clauses(), max_size=2).map(tuple), MOMENTS, MOMENTS)
REACHES = st.just(EVERYTHING) | st.frozensets(st.integers(1, 3), max_size=2).map(Reach)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(rows(), QUERIES, REACHES, st.booleans(), st.integers(1, 8), st.integers(0, 24))
def test_every_answer_is_the_plain_one(
    found: list[Row], query: Query, reach: Reach, indexed: bool, limit: int, cut: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        for part in (found[:cut], found[cut:]):
            if part:
                lake.add(sorted(part, key=lambda row: row["@timestamp"]), indexed=indexed, group=5)
        engine = DuckEngine(lake, "Asia/Shanghai")
        right = answer(found, query, reach)
        assert _walk(engine, query, reach, limit) == [_identity(row) for row in right]
        assert engine.count(query, reach).value == len(right)
        bars = engine.histogram(query, reach, now=BEGIN + timedelta(minutes=5))
        assert bars.count.value == len(right) and bars.count.exact
        stats = engine.stats(query, reach, "source.ip", top=99)
        tally = {ip: sum(row["source.ip"] == ip for row in right) for ip in ADDRESSES}
        assert dict(stats.values) == {ip: number for ip, number in tally.items() if number}
        assert (stats.present, stats.missing) == (sum(tally.values()), len(right) - sum(tally.values()))
        exported = [_identity(event) for portion in engine.export(query, reach, limit=7) for event in portion]
        assert exported == [_identity(row) for row in right[:7]]


def _walk(engine: DuckEngine, query: Query, reach: Reach, limit: int) -> list[tuple[Any, ...]]:
    seen, after = [], None
    while True:
        page = engine.page(query, reach, limit=limit, after=after)
        assert page.coverage.complete and len(page.events) <= limit
        seen += page.events
        if page.next is None:
            return [_identity(event) for event in seen]
        after = Key.parse(str(page.next))


def _identity(row: Row) -> tuple[Any, ...]:
    return row["@timestamp"], row["qingdun.batch"], row["qingdun.row"], row["event.original"], row.get("source.ip")


def make(number: int, **fields: Any) -> Row:
    row: Row = {
        "@timestamp": BEGIN + timedelta(seconds=number),
        "event.ingested": BEGIN,
        "qingdun.batch": "b",
        "qingdun.row": number,
        "qingdun.source": 1,
        "event.original": f"line {number}",
    }
    return row | fields


def test_the_histogram_puts_each_event_into_its_bucket(small_lake: SmallLake) -> None:
    small_lake.add([make(n) for n in range(0, 7200, 60)], group=13)
    engine = DuckEngine(small_lake, "Asia/Shanghai")
    query = Query(start=BEGIN + timedelta(minutes=30), end=BEGIN + timedelta(minutes=90))
    for asked in (query, parse("line").within(query.start, query.end)):
        bars = engine.histogram(asked, EVERYTHING, now=BEGIN)
        assert bars.step == timedelta(minutes=1)
        assert [number for _, number in bars.buckets] == [1] * 60
        assert bars.buckets[0][0] == query.start


def test_a_clock_far_in_the_future_or_past_does_not_stretch_the_axis(small_lake: SmallLake) -> None:
    small_lake.add([make(0), make(86_400 * 9_000), make(-86_400 * 9_000)])
    bars = DuckEngine(small_lake, "Asia/Shanghai").histogram(Query(), EVERYTHING, now=BEGIN + timedelta(days=1))
    assert bars.count.value == 3
    assert bars.buckets[-1][0] - bars.buckets[0][0] < timedelta(days=460)


def test_what_time_did_not_allow_is_said_and_can_be_gone_on_with(
    small_lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_lake.add([make(n) for n in range(10)])
    engine = DuckEngine(small_lake, "UTC")
    page = engine.page(Query(), EVERYTHING, limit=5, budget=0.0)
    assert not page.coverage.complete and page.coverage.since == BEGIN + timedelta(seconds=9)
    assert page.events == [] and page.next is not None
    assert len(engine.page(Query(), EVERYTHING, limit=50, after=page.next).events) == 10
    with pytest.raises(SearchFailed, match="用时过长"):
        monkeypatch.setattr(duck, "EXPORT_BUDGET", 0.0)
        list(engine.export(Query(), EVERYTHING, limit=5))
    count = engine.count(parse("line"), EVERYTHING, budget=0.0)
    assert str(count) == "≥ 0" and not count.exact


def test_a_key_of_no_year_is_no_key() -> None:
    assert Key.parse("-99999999999999999.1.batch") is None
    assert Key.parse("-1000000.1.batch") == Key(-1_000_000, "batch", 1)


def test_one_event_by_its_key_only_within_reach(small_lake: SmallLake) -> None:
    small_lake.add([make(n, **{"qingdun.source": n}) for n in range(3)])
    engine = DuckEngine(small_lake, "UTC")
    key = Key.of(make(2))
    event = engine.event(key, Reach(frozenset({2})))
    assert event and event["event.original"] == "line 2" and Key.of(event) == key
    assert engine.event(key, Reach(frozenset({1}))) is None
    assert engine.event(key, Reach(frozenset())) is None


def test_nothing_outside_the_lake_can_be_read(small_lake: SmallLake, tmp_path_factory: pytest.TempPathFactory) -> None:
    small_lake.add([make(1)])
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.PermissionException):
        Runner(small_lake.root, 5).ask(f"SELECT * FROM read_csv('{secret}')", {})
