"""Small lakes made by hand, of any rows, and the plain way to answer a query over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import re2

from qingdun.logs import index
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.query import Clause, Op, Query
from qingdun.logs.search.answers import Reach

Row = dict[str, Any]


@dataclass(frozen=True)
class File:
    path: Path
    rows: int
    earliest: datetime
    latest: datetime


class SmallLake:
    """Files as the engine sees them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.all: list[File] = []

    def add(self, rows: Sequence[Row], *, indexed: bool = True, group: int = 65_536) -> File:
        frame = pl.DataFrame(list(rows), schema=EVENT)
        path = self.root / f"part-{len(self.all)}.parquet"
        frame.write_parquet(path, row_group_size=group)
        if indexed:
            index.build(path)
        times: list[datetime] = frame["@timestamp"].to_list()
        self.all.append(File(path, frame.height, min(times), max(times)))
        return self.all[-1]

    def files(self, start: datetime | None = None, end: datetime | None = None) -> list[File]:
        return [f for f in self.all if (not start or f.latest >= start) and (not end or f.earliest < end)]


@pytest.fixture
def small_lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


@pytest.fixture
def expected() -> Callable[[Iterable[Row], Query, Reach], list[Row]]:
    return answer


def answer(rows: Iterable[Row], query: Query, reach: Reach) -> list[Row]:
    """The matching rows, newest first, found one by one."""
    found = [
        row
        for row in rows
        if (query.start is None or row["@timestamp"] >= query.start)
        and (query.end is None or row["@timestamp"] < query.end)
        and (reach.sources is None or row["qingdun.source"] in reach.sources)
        and all(holds(clause, row.get(clause.field)) for clause in query.clauses)
    ]
    return sorted(found, key=lambda r: (r["@timestamp"], r["qingdun.batch"], r["qingdun.row"]), reverse=True)


def holds(clause: Clause, value: Any) -> bool:
    return (value is not None and _test(clause, value)) is not clause.negated


def _test(clause: Clause, value: Any) -> bool:
    one = clause.values[0] if clause.values else None
    match clause.op:
        case Op.EXISTS:
            return True
        case Op.IS | Op.IN:
            return value in clause.values
        case Op.RANGE:
            low, high = clause.values
            return (low is None or value >= low) and (high is None or value <= high)
        case Op.CIDR:
            return ip_address(value) in ip_network(str(one))
        case Op.MATCHES:
            return re2.search(str(one), value) is not None
        case Op.CONTAINS:
            return lower(str(one)) in lower(value)
        case Op.PREFIX:
            return lower(value).startswith(lower(str(one)))
        case Op.ENDS:
            return lower(value).endswith(lower(str(one)))


def lower(text: str) -> str:
    return re.sub("[A-Z]", lambda found: found[0].lower(), text)
