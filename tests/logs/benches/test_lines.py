"""The lines that benches send."""

from __future__ import annotations

import polars as pl
import pytest

from qingdun.logs.benches._lines import KINDS, lines
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader
from qingdun.logs.pipeline.batches import Known, raw_rows
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.frames import entry

SOURCES = {("syslog", "127.0.0.1"): Known(1)}
SAID = {"access": "url.original", "pairs": "destination.port", "json": "rule.name"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_measured_is_read_and_not_merely_kept(kind: str) -> None:
    rows = raw_rows([entry(Via.TCP, Framing.LINES, "127.0.0.1", lines(kind, 200))], SOURCES)
    events = Reader(formats(), zone="Asia/Shanghai").read(rows.drop("_relay"))
    assert events["error.message"].null_count() == 200
    assert events.select(pl.col("source.ip", SAID[kind]).null_count()).row(0) == (0, 0)


def test_every_run_measures_the_same_lines() -> None:
    assert lines("json", 50) == lines("json", 50)
    assert len({lines(kind, 50) for kind in KINDS}) == len(KINDS)
