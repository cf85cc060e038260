from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.logs.spool import Entry, Framing, Full, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry

Make = Callable[..., FileSpool]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Make]:
    """`spool()` opens the same folder anew, as another process would."""
    opened: list[FileSpool] = []

    def make(**options: int) -> FileSpool:
        opened.append(FileSpool(tmp_path / "spool", **({"floor": 0} | options)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def line(text: str) -> Entry:
    return entry(Via.TCP, Framing.LINES, "192.0.2.1", text.encode() + b"\n")


def lines(spool: FileSpool, position: int = 0, limit: int = 100_000) -> list[str]:
    found: list[str] = []
    while batch := spool.take(position, limit):
        assert [e.head for e in batch.load()] == list(batch.heads)
        found += [e.payload.decode().strip() for e in batch.load()]
        position = batch.end
    return found


def test_what_is_acknowledged_is_there_for_another_process(spool: Make) -> None:
    spool().append([line("one"), line("two")]).result()
    assert lines(spool()) == ["one", "two"]


def test_one_sync_serves_everyone_waiting(spool: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    sync = os.fdatasync

    def slow(file: int) -> None:
        syncs.append(file)
        sync(file)

    monkeypatch.setattr(os, "fdatasync", slow)
    one = spool()
    with ThreadPoolExecutor(16) as pool:
        futures = list(pool.map(lambda n: one.append([line(str(n))]), range(2000)))
    for future in futures:
        future.result()
    assert sorted(map(int, lines(one))) == list(range(2000))
    assert len(syncs) < 1000


def test_batches_keep_to_their_limit_but_take_one_entry_at_least(spool: Make) -> None:
    one = spool()
    one.append([line("x" * 500), line("y" * 5000), line("z")]).result()
    assert [text[0] for text in lines(one, limit=1000)] == ["x", "y", "z"]
    first = one.take(0, 1000)
    assert first is not None
    assert len(first.heads) == 1


def test_positions_go_on_through_segments_and_only_committed_ones_are_deleted(spool: Make) -> None:
    one = spool()
    one.segment_bytes = 2000
    for n in range(100):
        one.append([line(f"{n} {'x' * 200}")]).result()
    assert len(one.segments()) > 5
    half = one.segments()[len(one.segments()) // 2].start
    before = lines(one)
    one.commit(half)
    assert one.segments()[0].start == half
    assert lines(one, half) == [text for text in before if text in lines(one)]
    one.commit(one.end())
    assert len(one.segments()) == 1
    assert lines(spool(), one.end()) == []


def test_several_processes_append_side_by_side(spool: Make) -> None:
    one, two = spool(), spool()
    for n in range(50):
        (one, two)[n % 2].append([line(str(n))]).result()
    assert lines(spool()) == [str(n) for n in range(50)]


def test_a_position_is_never_given_twice(spool: Make) -> None:
    one = spool()
    one.append([line("one")]).result()
    end = one.end()
    one.commit(end + 100)  # a reader saw bytes that a power cut took back
    assert spool().end() == end + 100
    two = spool()
    two.append([line("two")]).result()
    assert lines(two, end + 100) == ["two"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 250), junk=st.binary(max_size=60))
def test_any_tail_opens_and_what_follows_is_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    killed = FileSpool(folder, floor=0)
    killed.append([line("kept"), line("torn " + "x" * 200)]).result()
    segment = killed.segments()[-1].path
    killed.close()
    data = segment.read_bytes()
    segment.write_bytes(data[:-cut] + junk)
    fresh = FileSpool(folder, floor=0)
    assert [text for text in lines(fresh) if text != "kept"] == []
    fresh.append([line("after")]).result()
    assert lines(fresh) in (["kept", "after"], ["after"])
    assert "kept" in lines(fresh) or cut > 230
    fresh.close()


def test_without_room_nothing_is_kept_and_the_limit_is_named(spool: Make) -> None:
    full = spool(floor=2**62)
    with pytest.raises(Full, match="低于下限"):
        full.append([line("one")]).result()
    high = spool(ceiling=0)
    high.append([line("one")]).result()
    assert "积压" in spool(ceiling=0).full()
    assert lines(spool()) == ["one"]


def test_a_write_that_fails_leaves_no_half_entry(spool: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = spool()
    one.append([line("one")]).result()
    write = os.writev

    def disk_full(file: int, buffers: list[memoryview]) -> int:
        write(file, [buffers[0][:10]])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "writev", disk_full)
    with pytest.raises(Full, match="No space left"):
        one.append([line("two")]).result()
    monkeypatch.undo()
    one.append([line("three")]).result()
    assert lines(one) == ["one", "three"]
