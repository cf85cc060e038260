"""Every format reads its own samples, and no broken format file passes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

FORMATS = formats()
READER = Reader(FORMATS)
RECEIVED = datetime(2022, 7, 12, 9, 30, tzinfo=UTC)


def read(*lines: str | bytes, format: str | None = None) -> list[dict[str, Any]]:
    raws = [line.encode() if isinstance(line, str) else line for line in lines]
    frame = pl.DataFrame(
        {"raw": raws, "received": [RECEIVED] * len(raws), "source": [1] * len(raws), "format": [format] * len(raws)},
        schema=RAW,
    )
    return READER.read(frame).to_dicts()


SAMPLES = [(one.key, raw, expect) for one in FORMATS.values() for raw, expect in one.samples]


@pytest.mark.parametrize(("key", "raw", "expect"), SAMPLES, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(SAMPLES)])
def test_every_format_reads_its_own_samples(key: str, raw: str, expect: dict[str, Any]) -> None:
    (event,) = read(raw)
    assert event["qingdun.format"] == key
    for column, value in expect.items():
        wanted = datetime.fromisoformat(value) if column == "@timestamp" else value
        assert event[column] == wanted, column


def test_all_samples_in_one_batch_read_as_they_do_alone() -> None:
    lines = [raw for _, raw, _ in SAMPLES]
    together = read(*lines)
    assert together == [read(line)[0] for line in lines]
    assert list(together[0]) == list(EVENT)
