from __future__ import annotations

from itertools import count

from qingdun.detection.core.program import link
from qingdun.detection.core.sigma import documents, yaml_documents
from qingdun.detection.core.stream import Stream

RULES = """
title: slow
logsource: {category: test}
detection: {selection: {a|re: 'x+y'}, condition: selection}
---
title: quick
logsource: {category: test}
detection: {selection: {a|contains: 'xxxy'}, condition: selection}
"""


def test_a_rule_that_takes_too_long_rests_and_the_others_go_on() -> None:
    """The watch of this test goes on by 0.1 s whenever somebody looks."""
    ticks = count()
    stream = Stream(link(documents(yaml_documents(RULES.encode()), "x.yml"), {}), lambda: next(ticks) / 10)
    few = [{"a": "xxxy"}]
    assert [match.rule.title for match in stream.feed(few)] == ["slow", "quick"]
    many = [{"a": f"xxxy{number}"} for number in range(64 * 40)]
    assert {match.rule.title for match in stream.feed(many)} == {"quick"}
    assert list(stream.resting()) == [0] and stream.resting()[0] > 2
    assert [match.rule.title for match in stream.feed(few)] == ["quick"]
    stream.engine.ledger.wake(0)
    assert [match.rule.title for match in stream.feed(few)] == ["slow", "quick"]


def test_time_is_accounted_by_rule() -> None:
    ticks = count()
    stream = Stream(link(documents(yaml_documents(RULES.encode()), "x.yml"), {}), lambda: next(ticks) / 1000)
    stream.feed([{"a": "xxxy"}])
    assert [each["title"] for each in stream.slowest(5)] == ["slow", "quick"]
    assert all(float(str(each["seconds"])) > 0 for each in stream.slowest(5))
