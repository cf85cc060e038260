from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qingdun.lib.home import home
from qingdun.logs.collect import directory, follow
from qingdun.logs.collect.marks import opened
from qingdun.logs.models import Source
from qingdun.logs.spool import Via
from tests.logs.collect.conftest import Doors
from tests.logs.installation import wait

LONG = "x" * 100  # a file is known again by its first kilobyte


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(directory, "REFRESH_SECONDS", 0.05)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "var-log"
    folder.mkdir()
    monkeypatch.setenv("QINGDUN_LOG_FOLDERS", str(folder))
    yield folder


def followed(pattern: Path) -> Source:
    return Source.objects.create(name="files", via="file", address=str(pattern), registered=True)


def numbered(start: int, stop: int) -> str:
    return "".join(f"{number} {LONG}\n" for number in range(start, stop))


def numbers(doors: Doors, count: int) -> list[int]:
    return [int(record.split()[0]) for record in doors.records(count)]


def test_a_file_is_read_from_its_start_and_as_it_grows(doors: Doors, logs: Path) -> None:
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    source = followed(file)
    assert numbers(doors, 20) == list(range(20))
    with file.open("a") as stream:
        stream.write(numbered(20, 40) + "half")
        stream.flush()
        assert numbers(doors, 40) == list(range(40))
        stream.write(" a line\n")
    assert doors.records(41)[-1] == b"half a line"
    assert {(head.via, head.source, head.peer) for head, _record in doors.kept()} == {(Via.FILE, source.pk, str(file))}


def test_a_last_line_without_end_is_taken_when_it_stays_so(
    doors: Doors, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE_POLLS", 3)
    (logs / "access.log").write_text("one\nwithout end")
    followed(logs / "access.log")
    assert doors.records(2) == [b"one", b"without end"]


def test_a_renamed_file_is_read_to_its_end_before_its_successor(doors: Doors, logs: Path) -> None:
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    followed(file)
    numbers(doors, 20)
    with file.open("a") as stream:  # a program that goes on writing for a moment
        file.rename(logs / "access.log.1")
        file.write_text(numbered(25, 30))
        stream.write(numbered(20, 25))
    assert sorted(numbers(doors, 30)) == list(range(30))


def test_a_packed_file_is_no_second_one(doors: Doors, logs: Path) -> None:
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    followed(logs / "access.log*")
    numbers(doors, 20)
    with file.open("a") as stream:
        stream.write(numbered(20, 25))
    with file.open("rb") as plain, gzip.open(logs / "access.log.1.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    file.unlink()
    file.write_text(numbered(25, 50))
    assert sorted(numbers(doors, 50)) == list(range(50))


def test_a_file_cut_short_is_begun_anew(doors: Doors, logs: Path) -> None:
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    followed(file)
    numbers(doors, 20)
    os.truncate(file, 0)
    with file.open("a") as stream:
        stream.write(numbered(20, 25))
    assert numbers(doors, 25) == list(range(25))


def test_a_folder_and_a_pattern_name_many_files(doors: Doors, logs: Path) -> None:
    for name in ("a.log", "b.log", "c.txt", ".hidden"):
        (logs / name).write_text(f"1 {name}\n")
    followed(logs)
    doors.records(3)
    (logs / "deep").mkdir()
    (logs / "deep" / "d.log").write_text("1 d.log\n")
    followed(logs / "*" / "*.log")
    assert sorted(doors.records(4)) == [b"1 a.log", b"1 b.log", b"1 c.txt", b"1 d.log"]


def test_what_is_no_gzip_stops_no_other_file(doors: Doors, logs: Path) -> None:
    (logs / "a.gz").write_bytes(b"not gzip")
    (logs / "b.gz").write_bytes(gzip.compress(b"whole\n" * 1000)[:-8])
    (logs / "c.gz").write_bytes(gzip.compress(b"1 packed\n"))
    followed(logs)
    assert b"1 packed" in doors.records(1)


def test_after_a_restart_nothing_is_read_twice_or_missed(open_doors: Callable[..., Doors], logs: Path) -> None:
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    followed(file)
    doors = open_doors()
    numbers(doors, 20)
    doors.close()
    with file.open("a") as stream:
        stream.write(numbered(20, 30))
    assert numbers(open_doors(), 30) == list(range(30))


def test_marks_in_the_spool_count_where_the_stored_ones_are_behind(
    open_doors: Callable[..., Doors], logs: Path
) -> None:
    """As after a kill between the sync of what was read and the writing of how far."""
    file = logs / "access.log"
    file.write_text(numbered(0, 20))
    followed(file)
    doors = open_doors()
    numbers(doors, 20)
    doors.close()
    (doors.spool.folder / "positions.json").unlink()
    with file.open("a") as stream:
        stream.write(numbered(20, 30))
    file.rename(logs / "access.log.1")
    file.write_text(numbered(30, 35))
    again = open_doors()
    assert sorted(numbers(again, 35)) == list(range(35))


def test_without_room_files_wait(open_doors: Callable[..., Doors], logs: Path) -> None:
    (logs / "access.log").write_text(numbered(0, 20))
    followed(logs / "access.log")
    doors = open_doors(floor=2**62)
    wait(lambda: doors.counters("file").connections == 1, 5)
    assert doors.kept() == []
    doors.spool.floor = 0
    assert numbers(doors, 20) == list(range(20))


def test_nothing_outside_the_listed_folders_is_read(doors: Doors, logs: Path) -> None:
    """Whatever stands in the register: a plain path, a link in the folder, a file that a pattern finds by `..`."""
    secret = logs.parent / "secret"
    secret.mkdir()
    (secret / "shadow.log").write_text("secret\n")
    with gzip.open(secret / "packed.gz", "wb") as packed:
        packed.write(b"secret\n" * 200)
    (logs / "link.log").symlink_to(secret / "shadow.log")
    (logs / "link.gz").symlink_to(secret / "packed.gz")
    (logs / "folder").symlink_to(secret)
    for pattern in (secret / "shadow.log", logs, logs / "folder", logs / "*" / "*.log", logs / ".." / "secret" / "*"):
        followed(pattern)
    (logs / "last.log").write_text("public\n")
    assert doors.records(1) == [b"public"]
    for _look in range(3):
        with (logs / "last.log").open("a") as grown:
            grown.write("public\n")
        doors.records(_look + 2)
    assert {record for _head, record in doors.kept()} == {b"public"}


def test_the_platforms_own_files_are_never_read(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_LOG_FOLDERS", "/")
    own = home() / "sample-of-its-own.log"
    own.write_text("secret\n")
    with pytest.raises(PermissionError, match="QINGDUN_LOG_FOLDERS"), opened(own):
        pass
    own.unlink()
