"""Why a rule fired: the tree agrees with the engine, and names the field, the value and what was wanted."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qingdun.detection.core.engine import Engine
from qingdun.detection.core.events import flat
from qingdun.detection.core.explain import Explainer
from qingdun.detection.core.parts import Part, short
from qingdun.detection.core.pipelines import Pipeline, pipelines
from qingdun.detection.core.program import link
from qingdun.detection.core.rules import Correlation, Document, Rule
from qingdun.detection.core.sigma import Wrong, documents, yaml_documents
from tests.detection import plain
from tests.detection.core.test_engine import DETECTION, EVENT, _rule
from tests.detection.sigma import HEAD


def made(text: str) -> list[Document]:
    return documents(yaml_documents(text.encode()), "x.yml")


def told(detection: str, event: dict[str, Any]) -> Part:
    """The condition's part of a rule on its only log source."""
    found = made(f"{HEAD}detection:\n{detection}")
    assert isinstance(found[0], Rule)
    return Explainer(found, {}).explain(found[0], flat(event)).parts[0].parts[-1]


PIPELINE = Pipeline.build(
    "test",
    {
        "name": "测试",
        "mark": ["m"],
        "strict": True,
        "fields": {"a": ["a", "b"], "b": "c", "d.e": "d.e"},
        "routes": [{"category": "test", "when": {"c": ["a", 1, None]}}, {"product": "other"}],
    },
)


@settings(max_examples=120, phases=[Phase.explicit, Phase.generate])
@given(DETECTION, st.lists(EVENT, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_the_root_says_what_the_engine_and_the_plain_evaluator_say(
    detection: dict[str, Any], events: list[plain.Event], mapped: bool, marked: bool
) -> None:
    """Without a pipeline, with one that renames, lacks and demands fields, and with events marked as its own."""
    try:
        found = made(_rule(0, detection))
    except Wrong:
        return
    using = {"test": PIPELINE} if mapped else {}
    seen = [flat({**event, "m": "x"} if marked else event) for event in events]
    matched = {match.event for match in Engine(link(found, using), lambda: 0.0).match(seen)}
    rule = found[0]
    assert isinstance(rule, Rule)
    explainer = Explainer(found, using)
    assert {row for row, event in enumerate(seen) if explainer.explain(rule, event).holds} == matched
    if not mapped and not marked:
        assert matched == {row for row, event in enumerate(events) if plain.holds(detection, event)}


@given(DETECTION, EVENT)
def test_every_part_follows_from_the_parts_below_it(detection: dict[str, Any], event: plain.Event) -> None:
    try:
        found = made(_rule(0, detection))
    except Wrong:
        return
    assert isinstance(found[0], Rule)
    _consistent(Explainer(found, {}).explain(found[0], event).parts[0].parts[-1])


def _consistent(part: Part) -> None:
    verdicts = [each.holds for each in part.parts]
    match part.kind:
        case "all":
            assert part.holds is all(verdicts)
        case "any":
            assert part.holds is any(verdicts)
        case "not":
            assert part.holds is not verdicts[0]
        case _:
            assert bool(part.met) <= part.holds
    for each in part.parts:
        _consistent(each)


def test_a_field_tells_what_was_wanted_and_what_stood_there() -> None:
    part = told(
        "  s: {Image|endswith: ['\\cmd.exe', '\\sh.exe'], User: root}\n  condition: s",
        {"Image": r"C:\WINDOWS\CMD.EXE", "User": "SYSTEM"},
    )
    image, user = part.parts
    assert (part.kind, part.holds) == ("all", False)
    assert (image.name, image.how, image.wanted) == ("Image", "ends", ("\\cmd.exe", "\\sh.exe"))
    assert (image.holds, image.met, image.values) == (True, ("\\cmd.exe",), (r"C:\WINDOWS\CMD.EXE",))
    assert (user.holds, user.how, user.wanted, user.values) == (False, "equals", ("root",), ("SYSTEM",))


def test_absent_empty_and_unknown_fields_are_told_apart() -> None:
    assert told("  s: {a: x}\n  condition: s", {}).note == "absent"
    assert told("  s: {a: x}\n  condition: s", {"a": None}).note == "empty"
    rule = made(f"{HEAD}detection:\n  s: {{zz: null, a: x}}\n  condition: s")
    root = Explainer(rule, {"test": PIPELINE}).explain(rule[0], {"b": "x", "m": "1"})  # type: ignore[arg-type]
    unknown, mapped = root.parts[0].parts[-1].parts
    assert (unknown.note, unknown.holds) == ("no_field", True)
    assert (mapped.columns, mapped.stands, mapped.holds) == (("a", "b"), "b", True)


def test_an_event_of_another_log_source_says_so() -> None:
    rule = made(f"{HEAD}detection:\n  s: {{a: x}}\n  condition: s")
    assert isinstance(rule[0], Rule)
    root = Explainer(rule, {"test": PIPELINE}).explain(rule[0], {"a": "x", "c": "other", "m": "1"})
    assert not root.holds
    (route,) = root.parts
    assert (route.kind, route.name, [each.holds for each in route.parts]) == ("source", "*/test/*", [False])


def test_keywords_show_the_values_they_were_found_in() -> None:
    part = told("  s: [杀, wget]\n  condition: s", {"a": "x", "b": {"c": "run WGET now"}})
    assert (part.kind, part.holds, part.met, part.values) == ("keyword", True, ("wget",), ("run WGET now",))


def test_a_filter_and_a_rule_that_can_never_fire() -> None:
    text = f"{HEAD}name: r\ndetection:\n  s: {{a: x}}\n  condition: s\n---\n" + (
        "title: 排除\nlogsource: {category: test}\nfilter:\n  rules: [r]\n  s: {b: y}\n  condition: not s\n"
    )
    found = made(text)
    rule = next(each for each in found if isinstance(each, Rule))
    assert Explainer(found, {}).explain(rule, {"a": "x"}).holds
    assert not Explainer(found, {}).explain(rule, {"a": "x", "b": "y"}).holds
    never = made(f"{HEAD}detection:\n  s: {{a|expand: '%nobody%'}}\n  condition: s")
    root = Explainer(never, {}).explain(never[0], {"a": "x"})  # type: ignore[arg-type]
    assert (root.note, root.holds) == ("never", False)
    assert "%nobody%" in root.wanted[0]


def test_a_correlation_tells_its_rules_and_its_groups() -> None:
    text = f"{HEAD}name: base\ndetection:\n  s: {{a: x}}\n  condition: s\n---\n" + (
        "title: 多次\ncorrelation:\n  type: event_count\n  rules: [base]\n  group-by: [source.ip]\n"
        "  timespan: 5m\n  condition: {gte: 3}\n"
    )
    found = made(text)
    correlation = next(each for each in found if isinstance(each, Correlation))
    part = Explainer(found, {}).explain(correlation, {"a": "x", "source.ip": "192.0.2.1"})
    assert (part.kind, part.holds, part.parts[0].kind) == ("correlation", True, "rule")
    assert (part.parts[1].kind, part.parts[1].values) == ("group", ("192.0.2.1",))
    gone = Explainer([correlation], {}).explain(correlation, {"a": "x"})
    assert (gone.holds, gone.parts[0].note) == (False, "missing")


def test_short_keeps_what_decides() -> None:
    words = [f"word{number:02}" for number in range(50)]
    part = told(f"  s: {{a|contains: {json.dumps(words)}}}\n  condition: s", {"a": "is word49 here"})
    kept = short(part, 5)
    assert (kept.wanted[0], len(kept.wanted), kept.left_off, kept.holds) == ("word49", 5, 45, True)
    many = Part("any", True, parts=tuple(Part("field", number == 30, str(number)) for number in range(40)))
    assert short(many, 5).parts[0].name == "30"
    assert short(many, 5).left_off == 35


def test_as_json_leaves_out_what_says_nothing() -> None:
    part = told("  s: {a: x}\n  condition: s", {"a": "x"})
    assert part.as_json() == {
        "kind": "field",
        "holds": True,
        "name": "a",
        "columns": ("a",),
        "stands": "a",
        "values": ("x",),
        "how": "equals",
        "wanted": ("x",),
        "met": ("x",),
    }


def test_the_packages_own_pipelines_serve() -> None:
    rule = made("title: t\nlogsource: {category: webserver}\ndetection:\n  s: {sc-status: 404}\n  condition: s\n")
    assert isinstance(rule[0], Rule)
    event = {"http.response.status_code": 404, "url.path": "/", "http.request.method": "GET"}
    matched = Engine(link(rule, pipelines()), lambda: 0.0).match([event])
    root = Explainer(rule, pipelines()).explain(rule[0], event)
    assert root.holds is bool(matched)
