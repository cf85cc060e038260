"""The spool of one machine: a folder of append-only segments, each named by the position of its first byte.

Any number of processes may append: a lock orders them, and a segment is only ever extended by the process that made
it, so the tail a killed process tore off stays where it is and is leapt over. One sync serves everyone waiting.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread

from qingdun.lib import environment
from qingdun.lib.home import home
from qingdun.logs.spool import Entry, Full, Head
from qingdun.logs.spool.frames import Incomplete, encode, scan

MEGABYTE = 1024 * 1024
SEGMENT_BYTES = 64 * MEGABYTE
_TAIL = struct.Struct("<q")
_VECTOR = 512  # buffers handed to the kernel at once; below every IOV_MAX


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the spool, holding the positions from `start` up to `end`."""

    start: int
    path: Path

    @property
    def end(self) -> int:
        return self.start + self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class FileBatch:
    """Entries of one segment; `load` reads them again, in whatever process the batch has travelled to."""

    start: int
    end: int
    heads: tuple[Head, ...]
    path: Path
    offset: int
    seed: int

    def load(self) -> list[Entry]:
        data = _read(self.path, self.offset, self.end - self.start)
        return [found[0] for found in scan(memoryview(data), self.seed) if not isinstance(found, Incomplete)]


class FileSpool:
    """See `Spool`. `floor` is the free disk space, `ceiling` the backlog, at which nothing more is taken in (bytes)."""

    def __init__(self, folder: Path | None = None, *, floor: int | None = None, ceiling: int | None = None) -> None:
        self.folder = folder or home() / "spool"
        self.floor = environment.number("QINGDUN_DISK_FLOOR", 500 * MEGABYTE) if floor is None else floor
        self.ceiling = environment.number("QINGDUN_SPOOL_CEILING", 8192 * MEGABYTE) if ceiling is None else ceiling
        self.segment_bytes = SEGMENT_BYTES
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        self.name, self._seed = self._identity()
        self._own: Segment | None = None
        self._own_file = -1
        self._waiting: SimpleQueue[tuple[list[Entry], Future[None]] | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._starting = Lock()
        self._checked, self._full = 0.0, ""

    # what collectors use

    def append(self, entries: Sequence[Entry]) -> Future[None]:
        done: Future[None] = Future()
        if reason := self.full():
            done.set_exception(Full(reason))
            return done
        self._start_writer()
        self._waiting.put((list(entries), done))
        return done

    def full(self) -> str:
        now = time.monotonic()
        if now - self._checked > 0.1:
            self._checked, self._full = now, self._why_full()
        return self._full

    def close(self) -> None:
        """Write what waits, then stop."""
        if self._writer:
            self._waiting.put(None)
            self._writer.join()
            self._writer = None
        if self._own_file >= 0:
            os.close(self._own_file)
            self._own, self._own_file = None, -1
        os.close(self._lock_file)

    # what workers use

    def take(self, position: int, limit: int) -> FileBatch | None:
        segments = [s for s in self.segments() if s.end > position]
        for segment in segments:
            offset = max(position - segment.start, 0)
            if batch := self._take_from(segment, offset, limit):
                return batch
        return None

    def commit(self, position: int) -> None:
        """A segment is deleted when all of it is committed and it is not the last: the last carries the position."""
        partial = self.folder / "committed.new"
        partial.write_text(str(position), "ascii")
        partial.replace(self.folder / "committed")
        for segment in self.segments()[:-1]:
            if segment.end <= position:
                segment.path.unlink(missing_ok=True)

    def committed(self) -> int:
        try:
            return int((self.folder / "committed").read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def end(self) -> int:
        segments = self.segments()
        return max(self.committed(), segments[-1].end if segments else 0)

    def segments(self) -> list[Segment]:
        """In order of position."""
        names = [entry.name for entry in os.scandir(self.folder) if entry.name.endswith(".seg")]
        return [Segment(int(name[:16], 16), self.folder / name) for name in sorted(names)]

    # inside

    def _identity(self) -> tuple[str, int]:
        with self._locked():
            file = self.folder / "identity"
            if not file.exists():
                partial = self.folder / "identity.new"
                partial.write_text(secrets.token_hex(8), "ascii")
                partial.replace(file)
            name = file.read_text("ascii")
        return name[:8], int(name[8:], 16)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _why_full(self) -> str:
        free = shutil.disk_usage(self.folder).free
        if free < self.floor:
            return f"磁盘剩余 {free // MEGABYTE} MB，低于下限 {self.floor // MEGABYTE} MB，请清理磁盘"
        if (backlog := self.end() - self.committed()) > self.ceiling:
            return f"暂存区积压 {backlog // MEGABYTE} MB，超过上限 {self.ceiling // MEGABYTE} MB，请检查入库进程"
        return ""

    def _start_writer(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = Thread(target=self._write_forever, name="spool", daemon=True)
                self._writer.start()

    def _write_forever(self) -> None:
        stopping = False
        while not stopping:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            stopping = None in group
            self._write_group([item for item in group if item])

    def _write_group(self, group: list[tuple[list[Entry], Future[None]]]) -> None:
        """Write and sync everything that waits, then tell everyone at once."""
        try:
            if group:
                self._write([entry for entries, _done in group for entry in entries])
        except OSError as error:
            for _entries, done in group:
                done.set_exception(Full(f"暂存区写不进：{error.strerror}"))
        else:
            for _entries, done in group:
                done.set_result(None)

    def _write(self, entries: list[Entry]) -> None:
        buffers = [buffer for entry in entries for buffer in encode(entry, self._seed)]
        with self._locked():
            segment = self._tail()
            before = segment.end
            try:
                _write_all(self._own_file, buffers)
            except OSError:
                os.ftruncate(self._own_file, before - segment.start)
                raise
        os.fdatasync(self._own_file)

    def _tail(self) -> Segment:
        """The segment to extend: our own while it is the last and not too long, else a new one. Lock held."""
        own = self._own
        if own and self._tail_start() == own.start and own.end - own.start < self.segment_bytes:
            return own
        if own:
            os.close(self._own_file)
            self._own, self._own_file = None, -1
        start = self.end()
        # announced before it is made: whoever dies in between leaves no segment that a stale writer would run into
        os.pwrite(self._lock_file, _TAIL.pack(start), 0)
        path = self.folder / f"{start:016x}.seg"
        self._own_file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sync_folder(self.folder)
        self._own = Segment(start, path)
        return self._own

    def _tail_start(self) -> int:
        stored = os.pread(self._lock_file, _TAIL.size, 0)
        return int(_TAIL.unpack(stored)[0]) if len(stored) == _TAIL.size else -1

    def _take_from(self, segment: Segment, offset: int, limit: int) -> FileBatch | None:
        data = _read(segment.path, offset, limit)
        heads: list[Head] = []
        end = 0
        for found in scan(memoryview(data), self._seed):
            if not isinstance(found, Incomplete):
                heads.append(found[0].head)
                end = found[1]
            elif not heads and found.size > limit and len(data) == limit:
                return self._take_from(segment, offset, found.size)
        if not heads:
            return None
        start = segment.start + offset
        return FileBatch(start, start + end, tuple(heads), segment.path, offset, self._seed)


def _read(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        return file.read(length)


def _write_all(file: int, buffers: list[bytes]) -> None:
    for first in range(0, len(buffers), _VECTOR):
        part = [memoryview(buffer) for buffer in buffers[first : first + _VECTOR] if buffer]
        while part:
            written = os.writev(file, part)
            while part and written >= len(part[0]):
                written -= len(part.pop(0))
            if part:
                part[0] = part[0][written:]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
