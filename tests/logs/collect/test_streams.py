from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs.collect.streams import RECORD_LIMIT, Cutter
from qingdun.logs.spool import Framing
from tests.logs.spool.cut import records

LINE = st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"."))


def cut(chunks: list[bytes]) -> list[bytes]:
    """The records of a connection that sent `chunks` and closed."""
    cutter = Cutter()
    cuts = [cut for chunk in chunks for cut in cutter.feed(chunk)] + cutter.rest()
    return [record for framing, payload in cuts for record in records(framing, payload)]


def chunked(data: bytes, borders: list[int]) -> list[bytes]:
    edges = [0, *sorted(border % (len(data) + 1) for border in borders), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False) if start < end]


def counted(record: bytes) -> bytes:
    return str(len(record)).encode() + b" " + record


BORDERS = st.lists(st.integers(0, 2000), max_size=8)


@given(st.lists(LINE, min_size=1, max_size=8), BORDERS)
def test_lines_are_whole_however_they_arrive(lines: list[bytes], borders: list[int]) -> None:
    data = b"<13>start\n" + b"".join(line + b"\n" for line in lines)
    expected = [b"<13>start", *(line.removesuffix(b"\0") for line in lines)]
    assert [r.rstrip(b"\r\0") for r in cut(chunked(data, borders))] == [e.rstrip(b"\r\0") for e in expected]


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=8), BORDERS)
def test_counted_records_are_whole_however_they_arrive(written: list[bytes], borders: list[int]) -> None:
    sent = [b"<13>" + record + b"." for record in written]  # counted records may hold line ends
    assert cut(chunked(b"".join(map(counted, sent)), borders)) == sent


@given(st.lists(st.binary(max_size=80), max_size=10))
def test_no_bytes_raise_and_none_are_dropped(chunks: list[bytes]) -> None:
    cutter = Cutter()
    cuts = [cut for chunk in chunks for cut in cutter.feed(chunk)] + cutter.rest()
    if cutter.framing is not Framing.LENGTHS and all(framing is Framing.LINES for framing, _ in cuts):
        assert b"".join(payload for _framing, payload in cuts) == b"".join(chunks)


@given(st.binary(max_size=80))
def test_a_sender_that_breaks_the_counted_form_goes_on_as_lines(junk: bytes) -> None:
    data = counted(b"<13>one") + b"not a count\n" + junk
    got = cut([data])
    assert got[:2] == [b"<13>one", b"not a count"]


def test_a_year_at_the_start_of_a_line_is_no_count() -> None:
    assert cut([b"2026 was a year\n", b"12 <not a PRI but counted> "])[0] == b"2026 was a year"


def test_a_count_torn_after_its_first_digit_is_waited_for() -> None:
    assert cut([b"1", b"1 <1", b"3>a\nb\nc11"]) == [b"<13>a\nb\nc11"[:11]]


def test_records_beyond_64_kilobytes_are_whole() -> None:
    long = b"<13>" + b"x" * 200_000
    assert cut(chunked(long + b"\n", [65_536, 131_072])) == [long]
    assert cut(chunked(counted(long), [65_536, 131_072])) == [long]


def test_a_record_without_end_is_cut_and_kept() -> None:
    endless = [b"y" * 65_536] * 40
    cutter = Cutter()
    cuts = [cut for chunk in endless for cut in cutter.feed(chunk)]
    assert all(len(payload) < 2 * RECORD_LIMIT for _framing, payload in cuts)
    assert cutter.waiting < RECORD_LIMIT
    assert sum(len(payload) for _framing, payload in cuts) + cutter.waiting == 40 * 65_536


def test_a_count_beyond_the_limit_is_no_count() -> None:
    assert cut([b"9999999 <13>one\n"]) == [b"9999999 <13>one"]


def test_single_bytes_cost_no_more_than_their_number() -> None:
    """A sender of one endless line, byte by byte, must not make every byte as dear as the line is long."""

    def seconds(line: int, start: bytes) -> float:
        cutter = Cutter()
        cutter.feed(start + b"x" * line)
        begun = time.perf_counter()
        for _byte in range(2000):
            cutter.feed(b"x")
        return time.perf_counter() - begun

    for start in (b"<13>a line ", b"1000000 <13>"):
        assert seconds(900_000, start) < 20 * max(seconds(1000, start), 0.002)
