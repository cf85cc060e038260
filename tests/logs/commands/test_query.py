from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from qingdun.config.cli import main
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.search import local, run

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    local._engine.cache_clear()
    run._opened.cache_clear()
    rows = [
        {
            "@timestamp": BEGIN + timedelta(hours=n),
            "event.ingested": BEGIN,
            "qingdun.batch": "b",
            "qingdun.row": n,
            "source.ip": f"198.51.100.{n % 2}",
            "event.original": f"=line {n}",
        }
        for n in range(10)
    ]
    Lake().append(pl.DataFrame(rows, schema=EVENT), "test", 1)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> list[Any]:
    assert main(["query", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_events_newest_first_without_empty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "source.ip:198.51.100.1", "--limit", "2")
    assert [one["qingdun.row"] for one in found] == [9, 7]
    assert found[0]["@timestamp"] == "2026-10-01T09:00:00Z" and "user.name" not in found[0]
    assert asked(capsys, "nothing") == []


def test_time_is_the_installations(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "", "--from", "2026-10-01 10:00", "--to", "2026-10-01 12:00")
    assert [one["qingdun.row"] for one in found] == [3, 2]


def test_summaries(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "line", "--count") == [{"count": 10, "exact": True}]
    (stats,) = asked(capsys, "", "--stats", "source.ip")
    assert stats["values"] == [{"value": "198.51.100.0", "count": 5}, {"value": "198.51.100.1", "count": 5}]
    (bars,) = asked(capsys, "", "--histogram", "--from", "2026-10-01 08:00", "--to", "2026-10-01 18:00")
    assert bars["count"] == 10 and sum(one["count"] for one in bars["buckets"]) == 10 and bars["exact"]


def test_a_table_holds_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "", "--format", "csv", "--limit", "1"]) == 0
    heading, row = csv.reader(capsys.readouterr().out.splitlines())
    assert heading == list(EVENT) and row[heading.index("event.original")] == "'=line 9"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sourc.ip:1"], "没有字段 sourc.ip"),
        (["", "--stats", "x"], "没有字段 x"),
        (["", "--from", "昨天"], "不是时间"),
        (["", "--last", "24h", "--to", "2026-10-01"], "只能用一种"),
        (["", "--limit", "0"], "--limit"),
    ],
)
def test_unusable_input_gets_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["query", *words]) == 2
    said = capsys.readouterr()
    assert message in said.err and said.err.count("\n") == 1 and said.out == ""
