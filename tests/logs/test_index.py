from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs import index
from qingdun.logs.core.columns import EVENT

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


def write(path: Path, rows: list[dict[str, Any]], group: int = 10) -> Path:
    pl.DataFrame(rows, schema=EVENT).write_parquet(path, row_group_size=group)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [
        {
            "@timestamp": BEGIN + timedelta(seconds=n),
            "source.ip": f"198.51.100.{n}",
            "event.original": f"Unique-{n * 7919:05d}-Line 登录失败",
            "url.original": f"/page/{n}.html",
        }
        for n in range(95)
    ]
    return write(tmp_path / "x.parquet", rows)


def test_it_never_misses_what_is_there(file: Path) -> None:
    index.build(file)
    opened = index.load(file)
    assert opened is not None and len(opened.groups) == 10
    for n in range(95):
        group = n // 10
        assert opened.may_hold(index.hashes_of_value("source.ip", f"198.51.100.{n}"))[group]
        for piece in (f"unique-{n * 7919:05d}", "登录", f"GE/{n}.HTML", "ine 登录失败"):
            assert opened.may_hold(index.hashes_of_piece(piece))[group]


def test_it_rules_out_what_is_not(file: Path) -> None:
    index.build(file)
    opened = index.load(file)
    assert opened is not None
    assert opened.may_hold(index.hashes_of_piece(f"unique-{42 * 7919:05d}")).sum() == 1
    assert opened.may_hold(index.hashes_of_value("source.ip", "198.51.100.42")).sum() == 1
    assert not opened.may_hold(index.hashes_of_value("destination.ip", "198.51.100.42")).any()
    assert not opened.may_hold(index.hashes_of_piece("退出成功")).any()


def test_groups_know_their_rows_and_times(file: Path) -> None:
    index.build(file)
    opened = index.load(file)
    assert opened is not None
    last = opened.groups[-1]
    assert (last.first, last.rows) == (90, 5)
    assert last.latest - last.earliest == 4_000_000


@given(st.lists(st.text(max_size=30), min_size=1, max_size=20), st.data())
def test_any_piece_of_any_line_is_found(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject
) -> None:
    path = write(
        tmp_path_factory.mktemp("one") / "x.parquet",
        [{"@timestamp": BEGIN, "event.original": line} for line in lines],
        3,
    )
    index.build(path)
    opened = index.load(path)
    assert opened is not None
    number = data.draw(st.integers(0, len(lines) - 1))
    begin = data.draw(st.integers(0, len(lines[number])))
    assert opened.may_hold(index.hashes_of_piece(lines[number][begin:]))[number // 3]


def test_an_index_of_another_file_or_a_torn_one_is_not_used(file: Path) -> None:
    assert index.load(file) is None
    beside = index.build(file)
    write(file, [{"@timestamp": BEGIN, "event.original": "另一行"}])
    assert index.load(file) is None
    beside.write_bytes(b"{")
    assert index.load(file) is None


def test_sweeping_takes_only_orphans(file: Path, tmp_path: Path) -> None:
    index.build(file)
    other = write(tmp_path / "y.parquet", [{"@timestamp": BEGIN, "event.original": "a"}])
    beside = index.build(other)
    other.unlink()
    assert index.sweep(tmp_path) == 1
    assert not beside.exists() and index.sidecar(file).exists()
