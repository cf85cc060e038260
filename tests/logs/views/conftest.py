"""A lake of the test installation, filled by hand, and tallies beside it as the committer would keep them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.utils import timezone

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.pipeline.tally import tallies
from qingdun.logs.search import local, run

if TYPE_CHECKING:  # Django is not started yet when this file is read
    from qingdun.logs.models import Source


@pytest.fixture
def fill(db: None) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """`fill({"source.ip": …}, …)`: stores events, the first one a second ago, each further one a second older."""
    from qingdun.logs.models import HourTally

    numbers = count(1)
    _forget()

    def put(*rows: dict[str, Any], at: datetime | None = None) -> list[dict[str, Any]]:
        now, version = at or timezone.now(), next(numbers)
        whole = [
            {
                "@timestamp": now - timedelta(seconds=place + 1),
                "event.ingested": now,
                "qingdun.batch": f"test-{version}",
                "qingdun.row": place,
                "qingdun.count": 1,
                "event.original": f"line {place}",
                **row,
            }
            for place, row in enumerate(rows)
        ]
        frame = pl.DataFrame(whole, schema=EVENT)
        Lake().append(frame, "test", version)
        names = ("hour", "source_id", "format", "action", "severity", "lines", "hits", "unread")
        for tally in tallies(frame.drop_nulls("qingdun.source")):
            HourTally.objects.create(**dict(zip(names, tally, strict=True)))
        return whole

    yield put
    _forget()


def _forget() -> None:
    shutil.rmtree(Lake().root, ignore_errors=True)
    local._engine.cache_clear()
    run._opened.cache_clear()


@pytest.fixture
def make_source(make_unit: Callable[..., Any]) -> Callable[..., Source]:
    from qingdun.logs.models import Source

    numbers = count(1)

    def make(name: str = "", *, unit: Any = None, **fields: Any) -> Source:
        number = next(numbers)
        given = {"via": "syslog", "address": f"10.1.0.{number}", "registered": True, **fields}
        return Source.objects.create(name=name or f"设备 {number}", unit=unit, **given)

    return make
