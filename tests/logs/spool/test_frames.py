from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs.spool import Entry, Framing, Head, Via
from qingdun.logs.spool.frames import Incomplete, decode, encode, entry, scan, with_lengths
from tests.logs.spool.cut import records

SEED = 0x5EED
texts = st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace").decode())
heads = st.builds(
    Head,
    via=st.sampled_from(Via),
    framing=st.just(Framing.LINES),
    peer=texts,
    received=st.integers(0, 2**62),
    lines=st.integers(0, 2**32 - 1),
    source=st.integers(0, 2**31 - 1),
    format=texts,
    mark=texts,
)
entries = st.builds(Entry, heads, st.binary(max_size=300))


def bytes_of(entry: Entry, seed: int = SEED) -> bytes:
    return b"".join(encode(entry, seed))


def sound(data: bytes) -> list[Entry]:
    return [found[0] for found in scan(memoryview(data), SEED) if not isinstance(found, Incomplete)]


@given(st.lists(entries, max_size=6))
def test_what_is_written_is_read_again(written: list[Entry]) -> None:
    assert sound(b"".join(map(bytes_of, written))) == written


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_a_torn_tail_costs_only_the_torn_entry(written: list[Entry], data: st.DataObject) -> None:
    last = bytes_of(written[-1])
    kept = data.draw(st.integers(0, len(last) - 1))
    assert sound(b"".join(map(bytes_of, written[:-1])) + last[:kept]) == written[:-1]


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_a_flipped_bit_costs_only_the_entry_it_is_in(written: list[Entry], data: st.DataObject) -> None:
    frames = [bytearray(bytes_of(entry)) for entry in written]
    hit = data.draw(st.integers(0, len(frames) - 1))
    frames[hit][data.draw(st.integers(0, len(frames[hit]) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert sound(b"".join(frames)) == written[:hit] + written[hit + 1 :]


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert sound(data) == []


@given(entries, entries)
def test_a_frame_inside_a_line_is_not_taken_for_one(inner: Entry, outer: Entry) -> None:
    forged = Entry(outer.head, bytes_of(inner, seed=SEED ^ 1))  # whoever forges does not know the spool's seed
    torn = bytes_of(forged)[:-1]
    assert sound(torn) == []


def test_a_frame_cut_off_says_how_much_it_takes() -> None:
    whole = bytes_of(entry(Via.TCP, Framing.LINES, "192.0.2.1", b"one\ntwo\n"))
    assert decode(memoryview(whole[:-1]), 0, SEED) == Incomplete(len(whole))


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=20))
def test_lines_fall_at_their_ends(lines: list[bytes]) -> None:
    stripped = [line.removesuffix(b"\0").removesuffix(b"\r") for line in lines]
    got = records(Framing.LINES, b"".join(line + b"\n" for line in lines))
    assert [r.rstrip(b"\r\0") for r in got] == [s.rstrip(b"\r\0") for s in stripped]


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_lengths_fall_where_they_say(written: list[bytes]) -> None:
    got = records(Framing.LENGTHS, with_lengths(written))
    assert len(got) == len(written)
    assert all(
        full.startswith(kept) and full[len(kept) :].strip(b"\n\r\0") == b""
        for kept, full in zip(got, written, strict=True)
    )


def test_terminators_are_no_part_of_a_record() -> None:
    assert records(Framing.LINES, b"unix\nwindows\r\n\nlast") == [b"unix", b"windows", b"", b"last"]
    assert records(Framing.LENGTHS, with_lengths([b"bare", b"ended\n", b"nul\0", b""])) == [
        b"bare",
        b"ended",
        b"nul",
        b"",
    ]


def test_only_records_that_say_something_are_counted() -> None:
    assert entry(Via.HTTP, Framing.LINES, "", b"\n\r\none\n\ntwo").head.lines == 2
