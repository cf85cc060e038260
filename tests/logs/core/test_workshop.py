"""The mapping workshop: from pasted lines to a format file that proves itself."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import yaml

from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.schema import SCHEMA
from qingdun.logs.core.shape import clusters
from qingdun.logs.core.workshop import Choices, draft

NOW = datetime(2022, 7, 12, 9, tzinfo=UTC)
PASTED = """<134>Jul 12 08:17:02 fw demo: from_addr=198.51.100.1 dstaddr=10.1.1.1 verdict=cut pwd=abc rule_name="x y"
<134>Jul 12 08:17:03 fw demo: from_addr=198.51.100.2 dstaddr=10.1.1.1 verdict=keep pwd=abd rule_name="z"
"""
CHOICES = Choices(
    key="demo_fw",
    name="演示防火墙",
    vendor="演示",
    device="fw",
    ties={"source.ip": ["from_addr"], "event.action": ["verdict"]},
    values={"qingdun.action": {"cut": "blocked", "keep": "allowed"}},
)


def test_keys_come_with_examples_and_suggestions() -> None:
    found = {key.name: key for key in draft(PASTED, Choices(key="demo_fw"), NOW).keys}
    assert found["dstaddr"].suggested == "destination.ip"
    assert found["rule_name"].examples == ("x y", "z")
    assert found["pwd"].examples == ("***",)


def test_the_file_it_writes_is_a_format_that_reads_the_lines() -> None:
    drafted = draft(PASTED, CHOICES, NOW)
    assert (drafted.body, drafted.faults) == ("key=value", ())
    assert [event["qingdun.action"] for event in drafted.preview] == ["blocked", "allowed"]
    assert "abc" not in drafted.text
    document = yaml.safe_load(drafted.text)
    assert set(document) <= set(SCHEMA["properties"])
    made = LogFormat.build("demo_fw", document)
    assert made.samples[0][1]["source.ip"] == "198.51.100.1"


def test_faults_are_words() -> None:
    assert draft("  \n", CHOICES, NOW).faults == ("请粘贴至少一行日志",)
    wrong = draft(PASTED, Choices(key="1", device="toaster", ties={"src": ["a"]}), NOW)
    assert wrong.text == ""
    assert any("src" in fault for fault in wrong.faults)


def test_lines_cluster_by_shape() -> None:
    lines = pl.Series(["port 1 of 10.0.0.1 up", "port 22 of 10.0.0.9 up", 'saw "a"', 'saw "b"', 'saw "c"'])
    assert clusters(lines).rows() == [("saw “”", 3, 'saw "a"'), ("port # of @ up", 2, "port 1 of 10.0.0.1 up")]
