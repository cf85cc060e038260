from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader
from qingdun.logs.pipeline import read
from qingdun.logs.pipeline.batches import Known, raw_rows
from qingdun.logs.pipeline.read import Task, read_batch, read_surely, unread
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry

SOURCES = {("syslog", "192.0.2.1"): Known(1), ("syslog", "127.0.0.1"): Known(2, relay=True)}


class Fragile(Reader):
    """A reader with a fault: it breaks whenever a batch holds the word."""

    def read(self, raw: pl.DataFrame) -> pl.DataFrame:
        if raw["raw"].bin.contains(b"poison").any():
            raise ZeroDivisionError
        return super().read(raw)


def rows(*lines: str) -> pl.DataFrame:
    payload = "".join(f"{line}\n" for line in lines).encode()
    return raw_rows([entry(Via.TCP, Framing.LINES, "192.0.2.1", payload)], SOURCES)


def task(folder: Path, *lines: str, peer: str = "192.0.2.1") -> Task:
    spool = FileSpool(folder / "spool", floor=0)
    spool.append([entry(Via.TCP, Framing.LINES, peer, "".join(f"{line}\n" for line in lines).encode())]).result()
    batch = spool.take(0, 10**6)
    spool.close()
    assert batch is not None
    return Task("key", batch, SOURCES, folder / "lake", "Asia/Shanghai")


@pytest.fixture(autouse=True)
def no_batch_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "SMALL_ROWS", 0)


def stored(folder: Path) -> pl.DataFrame:
    (file,) = (folder / "lake").glob("day=*/*.parquet")
    return pl.read_parquet(file, hive_partitioning=False)


@pytest.mark.parametrize("small", [0, 2000])
def test_a_batch_becomes_rows_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(read, "SMALL_ROWS", small)
    result = read_batch(task(tmp_path, "src=192.0.2.8 dst=198.51.100.3 act=block", "no format reads this"))
    assert (result.lines, result.unread, len(result.added), bool(result.rows)) == (2, 1, not small, bool(small))
    events = pl.read_ipc(result.rows) if small else stored(tmp_path)
    assert events.schema == EVENT
    assert events["qingdun.batch"].to_list() == ["key", "key"]
    assert events["qingdun.row"].to_list() == [0, 1]
    assert events["qingdun.source"].to_list() == [1, 1]
    assert sum(tally[5] for tally in result.tallies) == 2
    assert list(result.seen or {}) == [1]


def test_one_row_that_breaks_the_reader_costs_only_itself() -> None:
    lines = [f"src=192.0.2.{n} act=block" for n in range(40)]
    lines[17] = "src=192.0.2.17 poison"
    events = read_surely(Fragile(formats(), zone="Asia/Shanghai"), rows(*lines))
    assert events.height == 40
    assert events["error.message"].drop_nulls().to_list() == ["读取出错：ZeroDivisionError"]
    assert events["event.original"][17] == lines[17]
    assert events["source.ip"].drop_nulls().len() == 39


def test_one_row_that_cannot_be_cut_apart_is_stored_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(raw: pl.DataFrame) -> pl.DataFrame:
        if raw["raw"].bin.contains(b"poison").any():
            raise ZeroDivisionError
        return raw

    monkeypatch.setattr(read, "records", fragile)
    assert read_batch(task(tmp_path, "src=192.0.2.8 act=block", "poison", "src=192.0.2.9 act=block")).lines == 3
    assert "poison" in stored(tmp_path)["event.original"].to_list()


def test_lines_of_any_length_are_stored(tmp_path: Path) -> None:
    assert read_batch(task(tmp_path, "[", "<", "[]", "{}", "<1>", "src=192.0.2.8 act=block")).lines == 6


def test_unread_rows_are_whole_events_whatever_their_bytes() -> None:
    raw = rows("one").with_columns(pl.Series("raw", [b"\xff\xfe\x00"], dtype=pl.Binary))
    events = unread(raw, "why")
    assert events.schema == EVENT
    assert events["error.message"].to_list() == ["why"]


def test_unread_rows_hide_their_secrets_like_any_other() -> None:
    events = unread(rows("user=admin password=Hunter-2-secret"), "why")
    assert "Hunter" not in events["event.original"][0]
    assert "user=admin" in events["event.original"][0]


def test_what_kills_readers_is_kept_unread(tmp_path: Path) -> None:
    result = read_batch(replace(task(tmp_path, "src=192.0.2.8 act=block"), suspect=True))
    assert (result.lines, result.unread) == (1, 1)


def test_relayed_lines_belong_to_the_host_in_their_header(tmp_path: Path) -> None:
    lines = ["<13>Mar  2 12:00:00 fw-01 app: one", "no header"]
    asked = task(tmp_path, *lines, peer="127.0.0.1")
    first = read_batch(asked)
    assert (first.unknown, first.added) == (frozenset({"fw-01"}), ())
    named = replace(asked, sources=SOURCES | {("syslog", "fw-01"): Known(9)})
    assert read_batch(named).unknown == frozenset()
    assert stored(tmp_path)["qingdun.source"].to_list() == [9, 2]


def test_a_sender_that_is_no_relay_names_nobody_else(tmp_path: Path) -> None:
    result = read_batch(task(tmp_path, "<13>Mar  2 12:00:00 fw-01 app: one"))
    assert result.unknown == frozenset()
    assert stored(tmp_path)["qingdun.source"].to_list() == [1]


def test_formats_of_the_city_are_read_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    before = read._content()
    (tmp_path / "logs" / "formats").mkdir(parents=True)
    (tmp_path / "logs" / "formats" / "site.yaml").write_text("")
    assert read._content() != before
