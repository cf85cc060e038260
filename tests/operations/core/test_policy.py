"""Policies count in event time, once per source, and the same however the signals are cut into batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qingdun.detection.core.signals import Signal
from qingdun.operations.core.policy import LONGEST, Policies, Policy

BEGIN = datetime(2022, 7, 1, tzinfo=UTC)
A, B = "203.0.113.1", "2001:db8::1"


def policy(key: str = "p", **given: Any) -> Policy:
    fields: dict[str, Any] = {
        **{name: frozenset() for name in ("attacks", "actions", "rules")},
        "said": "",
        "level": 0,
        "hits": 3,
        "devices": 1,
        "minutes": 10,
        "term": 60,
        "mode": "propose",
    }
    words = dict.fromkeys(("name", "english", "note", "note_en"), key)
    return Policy(key=key, **{**words, **fields, **given})


def signal(minute: float, source: str = A, **given: Any) -> Signal:
    at = BEGIN + timedelta(minutes=minute)
    fields: dict[str, Any] = {"device": 1, "attack": "scanner", "action": "blocked", "level": 3, "hits": 1}
    return Signal(source=source, first=at, last=at, **{**fields, **given})


def test_enough_hits_within_the_window_decide_once() -> None:
    made = Policies([policy()]).feed([signal(0), signal(4), signal(8), signal(9), signal(9)])
    assert [(one.source, one.hits, one.at) for one in made] == [(A, 3, BEGIN + timedelta(minutes=8))]


def test_hits_spread_wider_than_the_window_do_not() -> None:
    assert Policies([policy()]).feed([signal(0), signal(10), signal(20), signal(30)]) == []


def test_several_devices_are_asked_for() -> None:
    asked = policy(devices=2)
    assert Policies([asked]).feed([signal(0, hits=50)]) == []
    (made,) = Policies([asked]).feed([signal(0, hits=50), signal(1, device=2)])
    assert (made.hits, made.devices) == (51, 2)


def test_a_late_signal_counts_in_its_own_minute() -> None:
    (made,) = Policies([policy()]).feed([signal(5), signal(9), signal(2)])
    assert (made.at, made.first) == (BEGIN + timedelta(minutes=9), BEGIN + timedelta(minutes=2))


def test_one_far_too_late_is_counted_and_left_out() -> None:
    policies = Policies([policy()])
    assert policies.feed([signal(100), signal(100), signal(0)]) == []
    assert policies.late == 1


def test_a_repeat_doubles_the_term_up_to_thirty_days() -> None:
    policies, at, terms = Policies([policy(hits=1)]), 0.0, []
    for _time in range(12):
        (made,) = policies.feed([signal(at)])
        terms.append(made.minutes)
        assert policies.feed([signal(at + 1)]) == []  # while it stands
        at += made.minutes
    assert terms == [min(LONGEST, 60 << number) for number in range(12)]


def test_long_after_the_last_block_an_offence_is_a_first_one_again() -> None:
    policies = Policies([policy(hits=1)])
    policies.feed([signal(0)])
    (made,) = policies.feed([signal(60 + 30 * 24 * 60)])
    assert made.offence == 1


def test_blocking_overtakes_proposing_and_not_the_other_way() -> None:
    both = [policy("mild", hits=1), policy("hard", hits=2, mode="block")]
    made = Policies(both).feed([signal(0), signal(1), signal(2)])
    assert [(one.policy, one.mode) for one in made] == [("mild", "propose"), ("hard", "block")]


def test_what_is_off_counts_nothing_and_a_source_without_address_neither() -> None:
    assert Policies([policy(hits=1)], {"p": "off"}).feed([signal(0)]) == []
    assert Policies([policy(hits=1)]).feed([signal(0, source="web01"), signal(0, source="")]) == []


def test_conditions_each_keep_signals_out() -> None:
    wants = policy(hits=1, attacks=frozenset({"scanner"}), actions=frozenset({"blocked"}), level=3, said="device")
    for other in ({"attack": "dos"}, {"action": "allowed"}, {"level": 2}, {"rule": "r"}):
        assert Policies([wants]).feed([signal(0, **other)]) == [], other
    assert len(Policies([wants]).feed([signal(0)])) == 1
    assert Policies([policy(hits=1, rules=frozenset({"r"}))]).feed([signal(0), signal(0, rule="s")]) == []


SIGNALS = st.lists(
    st.builds(
        lambda minute, source, device, hits, action: signal(
            minute, source, device=device, hits=hits, action=action, evidence=(("b", device, BEGIN),)
        ),
        st.floats(0, 200),
        st.sampled_from([A, B]),
        st.integers(1, 3),
        st.integers(1, 4),
        st.sampled_from(["blocked", "alerted"]),
    ),
    max_size=60,
)
SEVERAL = [
    policy("few", hits=4, minutes=5, term=10),
    policy("two", hits=9, devices=2, minutes=20, term=30, mode="block"),
    policy("blocked", hits=6, minutes=15, actions=frozenset({"blocked"})),
]


@settings(max_examples=200, deadline=None)
@given(SIGNALS, st.sets(st.integers(0, 60)))
def test_cutting_and_restarting_change_no_decision(signals: list[Signal], cuts: set[int]) -> None:
    whole = Policies(SEVERAL).feed(signals)
    made, held, begin = [], None, 0
    for end in [*sorted(cuts), len(signals)]:
        policies = Policies(SEVERAL)
        policies.load(held)
        made += policies.feed(signals[begin:end])
        held, begin = policies.dump(), max(begin, end)
    assert made == whole


def test_a_broken_memory_is_an_empty_one() -> None:
    policies = Policies([policy()])
    for held in (None, b"", b"{", b"[]", b'{"version":1,"counts":[[1]]}'):
        policies.load(held)
        assert policies.feed([signal(0)]) == []


def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("qingdun.operations.core.policy.SOURCES", 10)
    policies = Policies([policy()])
    policies.feed([signal(0, source=f"198.51.100.{number}") for number in range(50)])
    assert policies.forgotten == 40
    assert len(policies.feed([signal(1, source="198.51.100.49", hits=2)])) == 1
