from __future__ import annotations

import pytest

from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.proof import disproved

RAW = "dev=Q9 src=198.51.100.1 act=deny"


def make(expect: dict[str, object], marker: str = "dev=Q9") -> LogFormat:
    document = {
        "name": "甲",
        "vendor": "乙",
        "device": "fw",
        "when": {"all": [marker]},
        "body": "kv",
        "fields": {"source.ip": "src"},
        "samples": [{"raw": RAW, "expect": expect}],
    }
    return LogFormat.build("q_nine", document)


def test_what_holds_is_not_disproved() -> None:
    assert disproved(make({"source.ip": "198.51.100.1"})) == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (make({"source.ip": "198.51.100.2"}), "第 1 个样例的 source.ip 应为 198.51.100.2，读出的是 198.51.100.1"),
        (make({"source.ip": "198.51.100.1"}, "other"), "第 1 个样例没有被这个格式认出"),
    ],
)
def test_what_does_not_hold_is_named(made: LogFormat, words: str) -> None:
    assert disproved(made) == [words]
