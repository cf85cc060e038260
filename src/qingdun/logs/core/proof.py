"""A format is proven on its own samples: each must be recognised by it and yield what the sample says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.read import Reader

RECEIVED = datetime(2026, 7, 12, 1, 0, tzinfo=UTC)


def disproved(made: LogFormat) -> list[str]:
    """What the samples show to be wrong, in words; empty when all hold."""
    raws = [raw for raw, _expect in made.samples]
    events = Reader({made.key: made}).read(records(raws)).to_dicts()
    problems = []
    for number, ((_raw, expect), event) in enumerate(zip(made.samples, events, strict=True), 1):
        if event["qingdun.format"] != made.key:
            problems.append(f"第 {number} 个样例没有被这个格式认出")
            continue
        problems += [
            f"第 {number} 个样例的 {name} 应为 {wanted}，读出的是 {plain(event[name])}"
            for name, wanted in expect.items()
            if plain(event[name]) != plain(wanted)
        ]
    return problems


def records(lines: list[str]) -> pl.DataFrame:
    """Lines of text as the reader takes them."""
    count = len(lines)
    return pl.DataFrame(
        {
            "raw": [line.encode() for line in lines],
            "received": [RECEIVED] * count,
            "source": [None] * count,
            "format": [None] * count,
        },
        schema=RAW,
    )


def plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
