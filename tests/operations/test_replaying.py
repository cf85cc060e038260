"""What a replay reads from the lake is what the policies would have eaten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.operations import replaying

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_attacks_of_the_lake_come_back_as_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path, "UTC")
    monkeypatch.setattr(replaying, "Lake", lambda zone: lake)
    own = {"event.ingested": AT, "qingdun.batch": "b-1", "qingdun.source": 7, "source.ip": "203.0.113.9"}
    rows = [
        {**own, "@timestamp": AT, "qingdun.row": 0, "qingdun.action": "blocked", "qingdun.attack": "sql_injection"},
        {**own, "@timestamp": AT, "qingdun.row": 1, "qingdun.action": "blocked", "qingdun.attack": "sql_injection"},
        {**own, "@timestamp": AT, "qingdun.row": 2, "qingdun.action": "allowed"},
        {**own, "@timestamp": AT + timedelta(hours=2), "qingdun.row": 3, "qingdun.action": "blocked"},
    ]
    empty = dict.fromkeys(EVENT)
    lake.append(pl.DataFrame([{**empty, **row} for row in rows], schema=EVENT), "test", 1)
    (signal,) = replaying._events(AT, AT + timedelta(hours=1))
    assert (signal.source, signal.device, signal.attack, signal.action) == (
        "203.0.113.9",
        7,
        "sql_injection",
        "blocked",
    )
    assert (signal.hits, signal.evidence[0][:2]) == (2, ("b-1", 0))
    assert replaying._events(AT - timedelta(hours=1), AT) == []
