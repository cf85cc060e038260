from __future__ import annotations

import pytest
import yaml

from qingdun.detection.core import sigma
from qingdun.detection.core.pipelines import Pipeline, pipelines
from qingdun.detection.core.rules import Document, Rule
from qingdun.detection.core.suppressing import LONGEST, Refused, begun, check, concerned

RULES = """
title: 探测
id: rule-probe
name: probe
logsource: {category: webserver}
detection:
  selection: {url.path|startswith: /probe}
  condition: selection
level: low
---
title: 登录失败
id: rule-failed
logsource: {product: linux, service: sshd}
detection:
  selection: {event.outcome: failure}
  condition: selection
---
title: 反复登录失败
id: rule-many
correlation:
  type: event_count
  rules: [rule-failed]
  group-by: [source.ip]
  timespan: 5m
  condition: {gte: 5}
"""
FILTER = """title: 自有扫描器
id: filter-1
logsource: {category: webserver}
filter:
  rules: [rule-probe]
  selection: {source.ip: 192.0.2.9}
  condition: not selection
"""


@pytest.fixture
def documents() -> list[Document]:
    return sigma.documents(sigma.yaml_documents(RULES.encode()), "rules.yml")


def test_a_filter_that_does_something_is_taken(documents: list[Document]) -> None:
    found = check(FILTER, documents, pipelines())
    assert [one.id for one in found.rules] == ["rule-probe"]


def test_a_rule_may_be_named_by_its_name_or_not_at_all(documents: list[Document]) -> None:
    for named in ("[probe]", "any"):
        found = check(FILTER.replace("[rule-probe]", named), documents, pipelines())
        assert [one.id for one in found.rules] == ["rule-probe"], named


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("title: [", "", "YAML"),
        (RULES.split("---")[0], "filter", "过滤文档"),
        (FILTER + "---\n" + FILTER.replace("filter-1", "filter-2"), "", "一份"),
        (FILTER.replace("rule-probe", "rule-gone"), "filter.rules", "rule-gone"),
        (FILTER.replace("rule-probe", "rule-many"), "filter.rules", "rule-failed"),
        (FILTER.replace("webserver", "proxy"), "logsource", "探测"),
        (FILTER.replace("[rule-probe]", "any").replace("webserver", "dns"), "logsource", "没有规则"),
        (FILTER.replace("filter-1", "rule-probe"), "id", "rule-probe"),
        (FILTER.replace("condition: not selection", "condition: not other"), "detection.condition", ""),
        (FILTER + "#" * LONGEST, "", "字符"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_key(documents: list[Document], text: str, key: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        check(text, documents, pipelines())
    assert refused.value.key in (key, "filter") and why in str(refused.value)


def test_what_makes_no_difference_is_refused(documents: list[Document]) -> None:
    given = {"name": "甲", "strict": True, "fields": {"url.path": "path"}, "routes": [{"category": "webserver"}]}
    strict = {"strict": Pipeline.build("strict", given)}
    for condition, key in (("not selection", "filter.selection"), ("selection", "filter.condition")):
        with pytest.raises(Refused) as refused:
            check(FILTER.replace("condition: not selection", f"condition: {condition}"), documents, strict)
        assert refused.value.key == key
    assert check(FILTER.replace("source.ip: 192.0.2.9", "url.path: /probe/a"), documents, strict)


def test_an_alert_begins_a_filter_that_passes(documents: list[Document]) -> None:
    rules = concerned("RULE-PROBE", documents)
    value = r"/probe/*?\x"
    text = begun("不再告警", "filter-9", rules, ["url.path"], value)
    found = check(text, documents, pipelines())
    assert found.filter.expr == ["not", ["f", "url.path", ["s", [value], False]]]
    assert yaml.safe_load(text)["logsource"] == {"category": "webserver"}


def test_behind_a_correlation_stand_the_rules_it_counts(documents: list[Document]) -> None:
    rules = concerned("rule-many", documents)
    assert [one.id for one in rules] == ["rule-failed"] and isinstance(rules[0], Rule)
    text = begun("不再告警", "filter-9", rules, ["destination.ip", "host.name"], "192.0.2.8")
    assert check(text, documents, pipelines()).filter.rules == ("rule-failed",)
    assert concerned("rule-gone", documents) == []
