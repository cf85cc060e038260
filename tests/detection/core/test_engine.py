"""The engine against the plain evaluator on random rules and events: the same matches, whatever the batches are."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qingdun.detection.core.program import link
from qingdun.detection.core.sigma import Wrong, documents, yaml_documents
from qingdun.detection.core.stream import Stream
from tests.detection import plain

FIELDS = ["a", "b", "c", "d.e"]
#: Few letters, so that literals meet values; two scripts, both cases, and every sign that is escaped somewhere.
LETTERS = 'abABжЖ*?\\"-/ 1.$é'
TEXT = st.text(LETTERS, max_size=6)
NUMBER = st.integers(-3, 120)
ADDRESS = st.sampled_from(["10.0.0.1", "10.9.8.7", "192.168.1.1", "2001:db8::1", "fe80::1"])
MOMENT = st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat())
VALUE = st.one_of(
    TEXT, NUMBER, st.booleans(), st.none(), ADDRESS, MOMENT, st.lists(st.one_of(TEXT, NUMBER), max_size=3)
)
EVENT = st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=4)

STRINGS = st.sampled_from(
    ["", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|windash", "|windash|contains", "|neq"]
)


def _several(key: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    """A key with one value, with alternatives, or with values that must all hold."""
    lists = st.lists(value, min_size=2, max_size=4)
    return st.one_of(
        st.tuples(key, value), st.tuples(key, lists), st.tuples(key.map(lambda text: f"{text}|all"), lists)
    )


def _key(modifiers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda name, modifier: name + modifier, st.sampled_from(FIELDS), modifiers)


ENCODED = st.text("abж", min_size=2, max_size=5)
PATTERN = st.lists(
    st.sampled_from(["a", "b", "ж", ".", "[ab]", "a*", "b+", "(a|b)", "^", "$", "1?", "[^a]"]), min_size=1
)
ITEM = st.one_of(
    _several(_key(STRINGS), TEXT),
    _several(_key(st.sampled_from(["", "|neq"])), NUMBER),
    _several(_key(st.sampled_from(["|lt", "|lte", "|gt", "|gte"])), NUMBER),
    _several(_key(st.sampled_from(["|re", "|re|i", "|re|s", "|re|m|i"])), PATTERN.map("".join)),
    _several(_key(st.sampled_from(["|base64", "|base64offset|contains"])), ENCODED),
    st.tuples(_key(st.just("|cidr")), st.sampled_from(["10.0.0.0/8", "192.168.1.1/32", "2001:db8::/32", "0.0.0.0/0"])),
    st.tuples(_key(st.sampled_from(["|hour", "|hour|gte", "|month", "|year|lt", "|day|gt", "|minute"])), NUMBER),
    st.tuples(_key(st.just("|exists")), st.booleans()),
    st.tuples(_key(st.just("")), st.sampled_from([None, True, False])),
    st.tuples(
        _key(st.sampled_from(["|fieldref", "|fieldref|neq", "|fieldref|contains", "|fieldref|startswith"])),
        st.sampled_from(FIELDS),
    ),
)
MAPPING = st.lists(ITEM, min_size=1, max_size=3).map(dict)
KEYWORD = st.one_of(st.text(LETTERS, min_size=1, max_size=4), NUMBER)
SELECTION = st.one_of(
    MAPPING,
    st.lists(MAPPING, min_size=1, max_size=3),
    st.lists(KEYWORD, min_size=1, max_size=3),
    st.lists(KEYWORD, min_size=2, max_size=3).map(lambda words: {"|all": words}),
)
NAMES = ["sel_a", "sel_b", "flt_a", "_x"]
CONDITION = st.recursive(
    st.sampled_from([*NAMES, "1 of sel_*", "all of sel_*", "1 of them", "all of them", "any of *_a"]),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not {one}"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda three: "({} {} {})".format(*three)),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
    ),
    max_leaves=5,
)
DETECTION = st.builds(
    lambda bodies, condition: {**dict(zip(NAMES, bodies, strict=True)), "condition": condition},
    st.lists(SELECTION, min_size=len(NAMES), max_size=len(NAMES)),
    st.one_of(CONDITION, st.lists(CONDITION, min_size=1, max_size=2)),
)


def _rule(number: int, detection: dict[str, Any]) -> str:
    head = {"title": f"rule {number}", "name": str(number), "logsource": {"category": "test"}}
    return yaml.safe_dump({**head, "detection": detection}, allow_unicode=True)


@settings(max_examples=150, phases=[Phase.explicit, Phase.generate])  # shrinking such examples takes minutes
@given(
    st.lists(DETECTION, min_size=1, max_size=5),
    st.lists(EVENT, min_size=1, max_size=12),
    st.integers(1, 12),
    st.sampled_from([None, True, False]),
)
def test_the_engine_finds_what_the_plain_evaluator_finds(
    detections: list[dict[str, Any]], events: list[plain.Event], size: int, escaped: bool | None
) -> None:
    """With the lines the events were read from (every other character written as an escape, or none) and without."""
    made = []
    for number, detection in enumerate(detections):
        try:
            made += documents(yaml_documents(_rule(number, detection).encode()), "x.yml")
        except Wrong:
            continue  # what pySigma refuses (a modifier on the wrong type) is not compared
    program = link(made, {})
    assert program.refused == []
    stream = Stream(program, lambda: 0.0)
    raw = [] if escaped is None else [json.dumps(event, ensure_ascii=escaped).encode() for event in events]
    found = [
        match
        for begin in range(0, len(events), size)
        for match in stream.feed(events[begin : begin + size], raw[begin : begin + size])
    ]
    expected = [
        (number, rule.name)
        for number, event in enumerate(events)
        for rule in program.rules
        if plain.holds(detections[int(rule.name)], event)
    ]
    assert [(match.event, match.rule.name) for match in found] == expected


@given(
    st.lists(st.text(LETTERS + "\n\0ſΣςK", max_size=40), min_size=1, max_size=30),
    st.lists(TEXT, min_size=1, max_size=8),
)
def test_literals_in_values_of_any_length(values: list[str], literals: list[str]) -> None:
    """Equal, start, end and inside, found by the scanner and by looking."""
    rules = []
    for number, literal in enumerate(literals):
        escaped = literal.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
        for modifier in ("", "|startswith", "|endswith", "|contains"):
            rules.append((f"{number}{modifier}", {f"a{modifier}": escaped}))
    text = "---\n".join(_rule(0, {"s": body, "condition": "s"}).replace("'0'", f"'{name}'") for name, body in rules)
    stream = Stream(link(documents(yaml_documents(text.encode()), "x.yml"), {}), lambda: 0.0)
    found = {(match.event, match.rule.name) for match in stream.feed([{"a": value} for value in values])}
    expected = {
        (row, name)
        for row, value in enumerate(values)
        for name, body in rules
        if plain.holds({"s": body, "condition": "s"}, {"a": value})
    }
    assert found == expected
