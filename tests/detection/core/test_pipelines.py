from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qingdun.detection.core.events import flat
from qingdun.detection.core.pipelines import Pipeline, Route, pipelines, routes_for
from qingdun.detection.core.program import link
from qingdun.detection.core.rules import LogSource, Rule
from qingdun.detection.core.stream import Stream

PIPELINES = pipelines()
EVERY = tuple(route for pipeline in PIPELINES.values() for route in pipeline.routes)
SAMPLES = [
    pytest.param(event, sources, id=f"{key}-{number}")
    for key, pipeline in PIPELINES.items()
    for number, (event, sources) in enumerate(pipeline.samples)
]


def reached(event: Mapping[str, Any]) -> set[str]:
    """The log sources of one route each whose rules an event is given to."""
    sources = {route.source for route in EVERY}
    always = [Rule(str(source), "x", None, source, ["not", ["f", "never", ["exists", True]]]) for source in sources]
    return {match.rule.id for match in Stream(link(always, PIPELINES), lambda: 0.0).feed([flat(dict(event))])}


@pytest.mark.parametrize(("event", "sources"), SAMPLES)
def test_a_sample_reaches_the_sources_it_names(event: Mapping[str, Any], sources: tuple[str, ...]) -> None:
    assert sources and set(sources) <= reached(event)


def test_every_pipeline_has_samples() -> None:
    assert [key for key, pipeline in PIPELINES.items() if not pipeline.samples] == []


def test_an_event_with_a_mark_reaches_no_other_family() -> None:
    event = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}
    assert reached(event) == {"windows/*/*", "windows/process_creation/*", "windows/*/sysmon"}


def test_an_event_that_tells_nothing_is_given_to_all() -> None:
    assert reached({"CommandLine": "x"}) == {str(route.source) for route in EVERY}


def test_what_an_event_tells_must_not_contradict() -> None:
    said = reached({"EventID": 4688, "NewProcessName": "x"})
    assert "windows/process_creation/*" in said and "windows/file_event/*" not in said and "windows/*/security" in said


def _chosen(*parts: str) -> set[str]:
    return {str(route.source) for route in routes_for(LogSource(*parts), EVERY)}


def test_which_routes_a_rule_takes() -> None:
    assert _chosen("windows", "process_creation") == {"windows/process_creation/*"}
    assert _chosen("", "process_creation") == {
        "windows/process_creation/*",
        "linux/process_creation/*",
        "macos/process_creation/*",
    }
    assert _chosen("windows") == {"windows/*/*"}
    assert _chosen("windows", "ps_script", "nowhere") == {"windows/ps_script/*"}
    assert _chosen("unheard", "of") == set()


def test_security_events_are_read_by_their_own_names() -> None:
    text = ["f", "Image", ["s", [0, "\\whoami.exe"], False]]
    rule = Rule("r", "r", None, LogSource("windows", "process_creation"), text)
    stream = Stream(link([rule], PIPELINES), lambda: 0.0)
    events = [
        {"Channel": "Security", "EventID": 4688, "NewProcessName": "C:\\whoami.exe"},
        {"Channel": "Security", "EventID": 4689, "NewProcessName": "C:\\whoami.exe"},
        {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": "C:\\whoami.exe"},
    ]
    assert [match.event for match in stream.feed(events)] == [0, 2]


def test_a_field_a_source_lacks_makes_rules_idle_unless_they_need_it_not() -> None:
    strict = {
        "s": Pipeline.build("s", {"name": "s", "strict": True, "routes": [{"category": "web", "fields": {"a": "x"}}]})
    }
    source = LogSource("", "web")
    a, b = ["f", "a", ["s", ["1"], False]], ["f", "b", ["s", ["1"], False]]
    several = {
        "both": ["and", [a, b]],
        "either": ["or", [a, b]],
        "without": ["and", [a, ["not", b]]],
        "null": ["f", "b", ["null"]],
    }
    program = link([Rule(name, name, None, source, expr) for name, expr in several.items()], strict)
    assert [(idle.rule_id, idle.reason) for idle in program.idle] == [("both", "这一日志源没有字段 b")]
    found = Stream(program, lambda: 0.0).feed([{"x": "1"}, {"x": "2", "b": "1"}])
    assert [(match.event, match.rule.id) for match in found] == [
        (0, "either"),
        (0, "without"),
        (0, "null"),
        (1, "null"),
    ]


def test_routes_are_values() -> None:
    assert isinstance(EVERY[0], Route) and EVERY[0].columns("Anything") == ("Anything",)
