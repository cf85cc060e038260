from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingdun.detection.core import correlate
from qingdun.detection.core.correlate import Foreign, State
from qingdun.detection.core.program import Program
from qingdun.detection.core.stream import Stream
from tests.detection.core.test_correlations import COUNT, RULES, at, correlation, fails
from tests.detection.sigma import program

EVERY_KIND = RULES + "\n---\n".join(
    f"title: {kind}\nname: {kind}\ncorrelation:\n  type: {kind}\n  rules: [failed, good, changed]\n  group-by: [user]\n"
    f"  timespan: 20s\n  condition: {condition}\n"
    for kind, condition in {
        "event_count": "{gte: 4}",
        "value_count": "{gte: 3, field: host}",
        "value_sum": "{gt: 12.5, field: size}",
        "value_avg": "{gte: 5, field: size}",
        "value_percentile": "{gte: 6, field: size, percentile: 80}",
        "value_median": "{lt: 3, field: size}",
        "temporal": "{gte: 3}",
        "temporal_ordered": "{gte: 3}",
    }.items()
) + """
---
title: chain
name: chain
correlation: {type: temporal_ordered, rules: [value_count, good], group-by: [user], timespan: 30s}
"""  # fmt: skip


def events(seed: int, count: int, *, shuffled: bool = False) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    made = [
        at(
            chance.randrange(600) / 10 + number,
            chance.choice(["fail", "ok", "change", "none"]),
            user=chance.choice("xy"),
            host=chance.choice("abcd"),
            size=chance.choice([1, 2.5, 7, "9", "no"]),
        )
        for number in range(count)
    ]
    return made if shuffled else sorted(made, key=lambda event: str(event["@timestamp"]))


def told(stream: Stream, some: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(match.event, match.rule.name) for match in stream.feed(some)]


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_restart_at_any_point_changes_no_result(shuffled: bool) -> None:
    made, course = program(EVERY_KIND), events(7, 45, shuffled=shuffled)
    whole = told(Stream(made, lambda: 0.0), course)
    assert len({name for _event, name in whole}) >= 8
    for cut in range(len(course) + 1):
        before = Stream(made, lambda: 0.0)
        first = told(before, course[:cut])
        after = Stream(made, lambda: 0.0, before.dump())
        rest = [(number + cut, name) for number, name in told(after, course[cut:])]
        assert first + rest == whole, cut
        assert after.dump() == _dumped(made, course)


def _dumped(made: Program, course: list[dict[str, Any]]) -> bytes:
    stream = Stream(made, lambda: 0.0)
    stream.feed(course)
    return stream.dump()


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 9))
def test_the_size_of_batches_changes_no_result(seed: int, size: int) -> None:
    made, course = program(EVERY_KIND), events(seed, 40)
    stream = Stream(made, lambda: 0.0)
    parts = [pair for begin in range(0, len(course), size) for pair in told(stream, course[begin : begin + size])]
    assert parts == told(Stream(made, lambda: 0.0), course)


def test_an_event_that_comes_late_counts_where_it_belongs() -> None:
    made = program(correlation(COUNT))
    assert told(Stream(made, lambda: 0.0), fails(0, 9, 4, user="x")) == [(2, "top")]
    # 11 is newest; with 5 late, the window that ends at 11 holds 5, 9 and 11
    assert told(Stream(made, lambda: 0.0), fails(9, 11, 5, user="x")) == [(2, "top")]


def test_one_later_than_a_timespan_is_counted_as_late_and_no_more() -> None:
    stream = Stream(program(correlation(COUNT)), lambda: 0.0)
    assert told(stream, fails(20, 21, 9.9, 9.8, 9.7, user="x")) == []
    assert stream.correlator.state.late == 3


@given(st.permutations(list(range(8))))
def test_whatever_the_order_the_same_groups_are_found(order: list[int]) -> None:
    """Within a timespan the order of arrival does not decide whether a correlation holds."""
    course = fails(*[order[number] for number in range(8)], user="x")
    made = program(correlation(COUNT.replace("{gte: 3}", "{gte: 8}")))
    assert len(told(Stream(made, lambda: 0.0), course)) == 1


def test_an_event_without_a_time_is_of_the_time_of_the_last() -> None:
    stream = Stream(program(correlation(COUNT)), lambda: 0.0)
    course = [*fails(0, user="x"), {"e": "fail", "user": "x"}, {"e": "fail", "user": "x"}, *fails(15, user="x")]
    assert told(stream, course) == [(2, "top")]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "GROUPS", 10)
    stream = Stream(program(correlation(COUNT)), lambda: 0.0)
    stream.feed([event for user in range(50) for event in fails(user, user=str(user))])
    state = stream.correlator.state
    assert (len(state.groups), state.entries, state.forgotten) == (10, 10, 40)


def test_one_group_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingdun.detection.core.windows.LARGEST", 20)
    stream = Stream(program(correlation(COUNT)), lambda: 0.0)
    found = stream.feed(fails(*[number / 1000 for number in range(200)], user="x"))
    assert len(found) == 198
    assert (stream.correlator.state.entries, stream.correlator.state.forgotten) == (20, 180)


def test_what_no_window_reaches_any_more_is_let_go() -> None:
    stream = Stream(program(correlation(COUNT)), lambda: 0.0)
    stream.feed(fails(*range(0, 3000, 2), user="x"))
    assert stream.correlator.state.entries < 50


def test_a_changed_correlation_starts_anew_and_the_others_go_on() -> None:
    before = Stream(program(correlation(COUNT)), lambda: 0.0)
    before.feed(fails(0, 1, user="x"))
    same = Stream(program(correlation(COUNT.replace("COUNT", "x"))), lambda: 0.0, before.dump())
    changed = Stream(program(correlation(COUNT.replace("10s", "11s"))), lambda: 0.0, before.dump())
    assert told(same, fails(2, user="x")) == [(0, "top")]
    assert told(changed, fails(2, user="x")) == []


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\x80\x04pickle", b'{"version": 2}', b'{"version": 1, "groups": [1]}']
)
def test_a_state_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(Foreign):
        State.load(text, program(correlation(COUNT)))


@pytest.mark.parametrize("cut", [0, 9, 20, 31, 44])
def test_what_is_taken_back_was_never_there(cut: int) -> None:
    made, course = program(EVERY_KIND), events(7, 45)
    whole = told(Stream(made, lambda: 0.0), course)
    stream = Stream(made, lambda: 0.0)
    first = told(stream, course[:cut])
    stream.correlator.keep()
    state = stream.dump()
    told(stream, course[cut:])  # a transaction that does not stand
    stream.correlator.undo()
    assert State.load(stream.dump(), made).entries == State.load(state, made).entries
    stream.events = cut
    assert first + told(stream, course[cut:]) == whole


def test_correlations_name_the_fields_they_ask_of_an_event() -> None:
    stream = Stream(program(EVERY_KIND), lambda: 0.0)
    names = [rule.name for rule in stream.program.rules]
    assert stream.correlator.asked(names.index("failed")) == {"user", "host", "size"}
