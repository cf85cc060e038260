"""The specification's correlations, one test for each type and condition form (sigma-correlation-rules-specification).

The name of a class is the heading it tests. `seen` are the events at which a correlation held.
"""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from qingdun.detection.core.rules import Correlation
from qingdun.detection.core.sigma import Wrong, documents, yaml_documents
from tests.detection.sigma import found, program

RULES = """
title: Failed
name: failed
id: 11111111-1111-4111-8111-111111111111
logsource: {category: test}
detection: {selection: {e: fail}, condition: selection}
---
title: Succeeded
name: good
logsource: {category: test}
detection: {selection: {e: ok}, condition: selection}
---
title: Changed
name: changed
logsource: {category: test}
detection: {selection: {e: change}, condition: selection}
---
"""


def correlation(body: str) -> str:
    return f"{RULES}title: 关联\nname: top\nlevel: high\ncorrelation:\n{textwrap.indent(textwrap.dedent(body), '  ')}"


def at(second: float, event: str, **more: Any) -> dict[str, Any]:
    return {"@timestamp": f"2026-01-01T00:{int(second) // 60:02}:{second % 60:06.3f}Z", "e": event, **more}


def seen(body: str, events: list[dict[str, Any]]) -> list[int]:
    return [match.event for match in found(correlation(body), events) if match.rule.name == "top"]


def fails(*seconds: float, **more: Any) -> list[dict[str, Any]]:
    return [at(second, "fail", **more) for second in seconds]


COUNT = "type: event_count\nrules: [failed]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 3}\n"


class TestEventCount:
    """ "Event Count (event_count)", "Time Selection"."""

    def test_so_many_within_the_timespan(self) -> None:
        assert seen(COUNT, fails(0, 5, 10, user="x")) == [2]
        assert seen(COUNT, fails(0, 5, 10.001, user="x")) == []

    def test_it_holds_at_each_further_event_while_it_is_so(self) -> None:
        assert seen(COUNT, fails(0, 1, 2, 3, 12, 14, user="x")) == [2, 3, 4]

    def test_each_group_on_its_own(self) -> None:
        mixed = [*fails(0, 1, user="x"), *fails(2, 3, user="y"), *fails(4, user="x")]
        assert seen(COUNT, mixed) == [4]

    def test_an_event_without_the_field_is_of_no_group(self) -> None:
        assert seen(COUNT, fails(0, 1, 2)) == []

    def test_several_fields_together_make_a_group(self) -> None:
        body = COUNT.replace("[user]", "[user, host]")
        assert seen(body, [*fails(0, 1, user="x", host="a"), *fails(2, 3, user="x", host="b")]) == []
        assert seen(body, [*fails(0, 1, 2, user="x", host="a")]) == [2]

    def test_without_group_by_all_are_one(self) -> None:
        body = COUNT.replace("group-by: [user]\n", "")
        assert seen(body, [*fails(0, user="x"), *fails(1, user="y"), *fails(2)]) == [2]

    def test_several_rules_count_together_an_event_once(self) -> None:
        body = COUNT.replace("[failed]", "[failed, good]")
        assert seen(body, [at(0, "fail", user="x"), at(1, "ok", user="x"), at(2, "change", user="x")]) == []
        assert seen(body, [at(0, "fail", user="x"), at(1, "ok", user="x"), at(2, "fail", user="x")]) == [2]

    @pytest.mark.parametrize("timespan", ["90s", "2m", "1h", "1d"])
    def test_units_of_time(self, timespan: str) -> None:
        assert seen(COUNT.replace("10s", timespan), fails(0, 45, 90, user="x")) == [2]

    def test_a_rule_may_be_named_by_its_id(self) -> None:
        assert seen(COUNT.replace("[failed]", "[11111111-1111-4111-8111-111111111111]"), fails(0, 1, 2, user="x")) == [
            2
        ]


class TestCondition:
    """ "Condition": operators and ranges."""

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("{gt: 2}", [2, 3, 4]),
            ("{gte: 2}", [1, 2, 3, 4]),
            ("{lt: 3}", [0, 1]),
            ("{lte: 3}", [0, 1, 2]),
            ("{eq: 3}", [2]),
            ("{gt: 1, lte: 3}", [1, 2]),
        ],
    )
    def test_operators(self, condition: str, expected: list[int]) -> None:
        assert seen(COUNT.replace("{gte: 3}", condition), fails(0, 1, 2, 3, 4, user="x")) == expected

    @pytest.mark.parametrize("condition", ["{}", "{gte: many}", "{atleast: 3}", "{gte: 1, other: 2}"])
    def test_what_is_no_condition_is_refused(self, condition: str) -> None:
        with pytest.raises(Wrong) as refused:
            documents(yaml_documents(correlation(COUNT.replace("{gte: 3}", condition)).encode()), "x.yml")
        assert refused.value.key.startswith("correlation")


class TestValueCount:
    """ "Value Count (value_count)"."""

    BODY = COUNT.replace("event_count", "value_count").replace("{gte: 3}", "{gte: 3, field: host}")

    def test_different_values(self) -> None:
        hosts = [at(n, "fail", user="x", host=host) for n, host in enumerate("abbac")]
        assert seen(self.BODY, hosts) == [4]

    def test_values_leave_with_their_events(self) -> None:
        assert seen(self.BODY, [at(n * 6, "fail", user="x", host=host) for n, host in enumerate("abcd")]) == []

    def test_an_event_without_the_field_counts_for_nothing(self) -> None:
        assert seen(self.BODY, fails(0, 1, 2, user="x")) == []

    def test_without_field_it_is_refused(self) -> None:
        with pytest.raises(Wrong):
            documents(yaml_documents(correlation(self.BODY.replace(", field: host", "")).encode()), "x.yml")


class TestMetrics:
    """Version 2.1's `value_sum`, `value_avg`, `value_percentile` (JSON schema), and pySigma's `value_median`."""

    def _body(self, kind: str, condition: str) -> str:
        return COUNT.replace("event_count", kind).replace("{gte: 3}", condition)

    def _sizes(self, *sizes: Any) -> list[dict[str, Any]]:
        return [at(n, "fail", user="x", size=size) for n, size in enumerate(sizes)]

    def test_sum(self) -> None:
        body = self._body("value_sum", "{gt: 100, field: size}")
        assert seen(body, self._sizes(40, "60", "no number", 0.5, -50)) == [3]

    def test_average(self) -> None:
        assert seen(self._body("value_avg", "{gte: 10, field: size}"), self._sizes(5, 14, 11, 100)) == [2, 3]

    def test_percentile(self) -> None:
        body = self._body("value_percentile", "{gte: 90, field: size, percentile: 75}")
        assert seen(body, self._sizes(10, 100, 100, 10)) == [2, 3]  # of 10, 10, 100, 100 the 75th is 100
        assert seen(body, self._sizes(10, 50, 90)) == []

    def test_median(self) -> None:
        assert seen(self._body("value_median", "{gt: 20, field: size}"), self._sizes(10, 20, 30, 40)) == [3]

    def test_nothing_to_measure_never_holds(self) -> None:
        for kind in ("value_sum", "value_avg", "value_percentile", "value_median"):
            assert seen(self._body(kind, "{lt: 1000, field: size}"), fails(0, 1, user="x")) == []


class TestTemporalProximity:
    """ "Temporal Proximity (temporal)"."""

    BODY = "type: temporal\nrules: [failed, good, changed]\ngroup-by: [user]\ntimespan: 10s\n"

    def test_all_rules_in_any_order(self) -> None:
        events = [at(0, "change", user="x"), at(3, "ok", user="x"), at(10, "fail", user="x")]
        assert seen(self.BODY, events) == [2]
        assert seen(self.BODY, [*events[:2], at(10.5, "fail", user="x")]) == []
        assert seen(self.BODY, [*events[:2], at(10, "fail", user="y")]) == []

    def test_so_many_of_them(self) -> None:
        assert seen(self.BODY + "condition: {gte: 2}\n", [at(0, "fail", user="x"), at(1, "ok", user="x")]) == [1]

    def test_a_condition_over_rules(self) -> None:
        body = "type: temporal\ngroup-by: [user]\ntimespan: 10s\ncondition: failed and (good or changed)\n"
        assert seen(body, [at(0, "fail", user="x"), at(1, "change", user="x")]) == [1]
        assert seen(body, [at(0, "ok", user="x"), at(1, "change", user="x")]) == []

    def test_a_condition_with_not(self) -> None:
        body = (
            "type: temporal\nrules: [failed, good]\ngroup-by: [user]\ntimespan: 10s\ncondition: failed and not good\n"
        )
        assert seen(body, [at(0, "ok", user="x"), at(1, "fail", user="x"), at(20, "fail", user="x")]) == [2]


class TestOrderedTemporalProximity:
    """ "Ordered Temporal Proximity (temporal_ordered)"."""

    BODY = "type: temporal_ordered\nrules: [failed, good, changed]\ngroup-by: [user]\ntimespan: 10s\n"

    def _events(self, order: str, step: float = 1) -> list[dict[str, Any]]:
        names = {"f": "fail", "g": "ok", "c": "change"}
        return [at(number * step, names[letter], user="x") for number, letter in enumerate(order)]

    @pytest.mark.parametrize(
        ("order", "expected"),
        [("fgc", [2]), ("fcg", []), ("cgf", []), ("fcgc", [3]), ("ffggcc", [4, 5]), ("gcf", []), ("gfcgc", [4])],
    )
    def test_only_in_the_order_of_the_rules(self, order: str, expected: list[int]) -> None:
        assert seen(self.BODY, self._events(order)) == expected

    def test_within_the_timespan(self) -> None:
        assert seen(self.BODY, self._events("fgc", 5)) == [2]
        assert seen(self.BODY, self._events("fgc", 5.5)) == []
        assert seen(self.BODY, self._events("ffgc", 4)) == [3]  # the second f is near enough

    def test_so_many_steps_of_it(self) -> None:
        assert seen(self.BODY + "condition: {gte: 2}\n", self._events("cgfc")) == [3]

    def test_a_condition_over_rules(self) -> None:
        body = self.BODY.replace(", changed", "") + "condition: failed and good\n"
        assert (seen(body, self._events("fg")), seen(body, self._events("gf"))) == ([1], [])


class TestFieldNameAliases:
    """ "Field Name Aliases"."""

    def test_the_same_value_under_different_names(self) -> None:
        body = """
            type: temporal
            rules: [failed, good]
            group-by: [internal, remote]
            timespan: 10s
            aliases:
              internal: {failed: dst, good: src}
              remote: {failed: src, good: dst}
            """
        crossed = [at(0, "fail", src="1.1.1.1", dst="2.2.2.2"), at(1, "ok", src="2.2.2.2", dst="1.1.1.1")]
        straight = [crossed[0], at(1, "ok", src="1.1.1.1", dst="2.2.2.2")]
        assert (seen(body, crossed), seen(body, straight)) == ([1], [])


class TestRelatedRules:
    """ "Related rules", "Generate", and the chain of the chapter "Examples"."""

    CHAIN = (
        RULES
        + """
title: Many failed
name: many
correlation: {type: event_count, rules: [failed], group-by: [user, host], timespan: 60s, condition: {gte: 3}}
---
title: Many failed, then good
name: top
level: high
correlation: {type: temporal_ordered, rules: [many, good], group-by: [user], timespan: 60s}
"""
    )

    def _chain(self, text: str) -> list[tuple[int, str]]:
        events = [*fails(0, 1, 2, user="x", host="h"), at(3, "ok", user="x", host="other")]
        return [(match.event, match.rule.name) for match in found(text, events)]

    def test_a_correlation_of_a_correlation_groups_by_its_own_fields(self) -> None:
        assert self._chain(self.CHAIN) == [(3, "top")]

    def test_documents_may_stand_in_any_order(self) -> None:
        backwards = "\n---\n".join(reversed(self.CHAIN.split("---")))
        assert self._chain(backwards) == [(3, "top")]

    def test_generate_tells_the_related_rules_too(self) -> None:
        generating = self.CHAIN.replace("timespan: 60s}", "timespan: 60s, generate: true}")
        assert self._chain(generating) == [(2, "many"), (3, "good"), (3, "top")]

    def test_a_reference_that_is_not_there_refuses_the_correlation_alone(self) -> None:
        made = program(correlation(COUNT.replace("[failed]", "[gone]")))
        assert [(refusal.key, "gone" in refusal.reason) for refusal in made.refused] == [("correlation.rules", True)]
        assert made.loaded == 3

    def test_a_circle_is_refused(self) -> None:
        circle = """
            title: One
            name: one
            correlation: {type: event_count, rules: [two], timespan: 1m, condition: {gte: 1}}
            ---
            title: Two
            name: two
            correlation: {type: event_count, rules: [one], timespan: 1m, condition: {gte: 1}}
            """
        assert len(program(circle).refused) == 2

    def test_level_and_title_are_the_correlation_s(self) -> None:
        match = next(m for m in found(correlation(COUNT), fails(0, 1, 2, user="x")) if isinstance(m.rule, Correlation))
        assert (match.rule.title, match.rule.level) == ("关联", "high")
