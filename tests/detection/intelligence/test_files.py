"""Every shape reads its own samples; what cannot be read at all is refused whole, with the place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qingdun.detection.intelligence.files import read
from qingdun.detection.intelligence.shapes import Sample, Shape, shapes
from qingdun.detection.intelligence.taken import Taken, Unreadable

SAMPLES = [(shape, sample) for shape in shapes().values() for sample in shape.samples]


@pytest.mark.parametrize(("shape", "sample"), SAMPLES, ids=lambda one: getattr(one, "key", ""))
def test_every_shape_reads_its_own_samples(shape: Shape, sample: Sample) -> None:
    taken = taken_from(sample.raw, shape.key)
    assert tuple(row[1] for row in taken.rows) == sample.expect
    assert taken.refusals == sample.refused


def taken_from(text: str, key: str) -> Taken:
    return read(text.encode(), shapes()[key], "given.txt")


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("addresses", "<html>\n" + "<p>not found</p>\n" * 40, "多半不是这种格式"),
        ("addresses", "# nothing\n", "没有情报"),
        ("addresses", "\x00\x01", "不是文本文件"),
        ("csv-second", "2026-11-01,203.0.113.7\nalone\n", "第 2 行只有 1 列"),
        ("csv-named", "a,b\n1,2\n", "应是表头并有 indicator 一列"),
        ("misp-csv", "uuid,type,value\n1,ip-dst\n", "第 2 行有 2 列"),
        ("misp-csv", "uuid,what\n", "type 和 value"),
        ("misp", "{}", "缺少 Event"),
        ("misp", '{"Event": {"Attribute": [{"type": "ip-dst"}]}}', "缺少 type 或 value"),
        ("stix", "{", "不是 JSON"),
        ("stix", '{"a": 1}', "缺少列表 objects"),
        ("stix", '{"objects": [1]}', "不是带 type 的对象"),
    ],
)
def test_a_file_is_read_whole_or_refused_with_the_place(key: str, text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        taken_from(text, key)


def stix(pattern: str, **more: Any) -> Taken:
    one = {"type": "indicator", "pattern": pattern, "pattern_type": "stix", **more}
    return taken_from(json.dumps({"type": "bundle", "objects": [one]}), "stix")


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[ipv6-addr:value = '2001:db8::1']", ["2001:db8::1"]),
        ("[file:hashes.'SHA-256' = '" + "a" * 64 + "']", ["a" * 64]),
        ("[file:hashes.MD5 = '" + "a" * 32 + "' AND file:hashes.'SHA-1' = '" + "b" * 40 + "']", ["a" * 32, "b" * 40]),
        ("[ipv4-addr:value IN ('203.0.113.7', '203.0.113.8')]", ["203.0.113.7", "203.0.113.8"]),
        ("[network-traffic:dst_ref.value = '203.0.113.7']", ["203.0.113.7"]),
        (
            "[domain-name:value = 'a.example'] OR [url:value = 'http://b.example/it\\'s']",
            ["a.example", "http://b.example/it's"],
        ),
    ],
)
def test_patterns_that_values_stand_for(pattern: str, values: list[str]) -> None:
    assert sorted(row[1] for row in stix(pattern).rows) == sorted(values)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[ipv4-addr:value = '203.0.113.8' AND domain-name:value = 'a.example']", "组合条件"),
        ("[domain-name:value LIKE '%.example']", "组合条件"),
        ("[ipv4-addr:value != '203.0.113.8']", "组合条件"),
        ("[process:name = 'x']", "不支持的对象"),
        ("nonsense", "不合 STIX 模式语法"),
        ("", "模式为空"),
    ],
)
def test_other_patterns_are_counted_with_the_reason(pattern: str, why: str) -> None:
    taken = stix(pattern)
    assert not taken.rows
    assert [reason for reason in taken.refused if why in reason]


def test_an_indicator_brings_its_own_weight_term_and_category() -> None:
    more = {
        "confidence": 85,
        "labels": ["Ransomware"],
        "valid_from": "2026-11-01T00:00:00.1234567Z",
        "valid_until": "2026-12-01T00:00:00Z",
    }
    row = stix("[ipv4-addr:value = '203.0.113.7']", **more).frame().row(0, named=True)
    assert (row["weight"], row["category"], row["until"].month) == (85, "ransomware", 12)
    revoked = stix("[ipv4-addr:value = '203.0.113.7']", revoked=True, modified="2026-11-02T00:00:00Z")
    assert revoked.frame()["until"][0].day == 2


def test_a_value_named_twice_counts_once_and_heaviest() -> None:
    two = [{"type": "indicator", "pattern": "[ipv4-addr:value = '203.0.113.7']", "confidence": n} for n in (20, 90)]
    assert taken_from(json.dumps({"objects": two}), "stix").frame()["weight"].to_list() == [90]
