from __future__ import annotations

import polars as pl

from qingdun.logs.core.columns import RAW
from qingdun.logs.pipeline.batches import Known, is_loopback, origin, raw_rows
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.frames import entry, with_lengths

SOURCES = {
    ("syslog", "192.0.2.1"): Known(1, "nginx"),
    ("syslog", "127.0.0.1"): Known(2, relay=True),
    7: Known(7),
}


def test_entries_of_every_kind_become_rows() -> None:
    rows = raw_rows(
        [
            entry(Via.TCP, Framing.LINES, "192.0.2.1", b"one\n\ntwo\r\n"),
            entry(Via.UDP, Framing.LENGTHS, "127.0.0.1", with_lengths([b"\xff\x00three\n", b"", b"a\nb"])),
            entry(Via.HTTP, Framing.LINES, "192.0.2.9", b"four", source=7, format="json"),
        ],
        SOURCES,
    )
    assert dict(rows.schema) == RAW | {"_relay": pl.Boolean()}
    assert rows["raw"].to_list() == [b"one", b"two", b"\xff\x00three", b"a\nb", b"four"]
    assert rows["source"].to_list() == [1, 1, 2, 2, 7]
    assert rows["format"].to_list() == ["nginx", "nginx", None, None, "json"]
    assert rows["_relay"].to_list() == [False, False, True, True, False]
    assert rows["received"].is_sorted()


def test_nothing_but_empty_lines_is_no_rows() -> None:
    assert raw_rows([entry(Via.TCP, Framing.LINES, "192.0.2.1", b"\n\r\n\n")], SOURCES).is_empty()


def test_where_it_came_from_is_what_a_source_is_known_by() -> None:
    kinds = {via: origin(entry(via, Framing.LINES, "peer", b"x").head) for via in Via}
    assert kinds == {
        Via.UDP: ("syslog", "peer"),
        Via.TCP: ("syslog", "peer"),
        Via.TLS: ("syslog", "peer"),
        Via.HTTP: ("http", "peer"),
        Via.FILE: ("file", "peer"),
    }


def test_only_this_machine_is_loopback() -> None:
    assert [is_loopback(a) for a in ("127.0.0.1", "127.8.8.8", "::1", "192.0.2.1", "fw-01")] == [True] * 3 + [False] * 2
