"""Invented events for tests of the lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from qingdun.logs.core.columns import EVENT

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # twelve in Shanghai


def events(count: int = 3, *, received: datetime = NOON, first: int = 0, batch: str = "b") -> pl.DataFrame:
    """`count` events a minute apart, the last one first, received together."""
    given = pl.DataFrame(
        {
            "@timestamp": [received - timedelta(minutes=first + n) for n in range(count)],
            "event.ingested": [received] * count,
            "qingdun.batch": [batch] * count,
            "qingdun.row": list(range(count)),
            "qingdun.source": [1] * count,
            "qingdun.count": [1] * count,
            "event.original": [f"line {first + n}" for n in range(count)],
        },
        schema_overrides={name: kind for name, kind in EVENT.items() if name in ("@timestamp", "event.ingested")},
    )
    return given.select(
        (pl.col(name) if name in given.columns else pl.lit(None)).cast(kind).alias(name) for name, kind in EVENT.items()
    )
