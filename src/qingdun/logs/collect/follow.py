"""Follows files as they grow, through rotation, truncation and compression; each byte once, over restarts too.

How far a file has been read stands in the spool, in the entry that carries what was read (`Head.mark`), so that the
one can not be kept without the other. `positions.json` only spares reading the whole spool at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from zlib import error as BadDeflate  # noqa: N812

from qingdun.logs.collect.directory import Directory, Followed
from qingdun.logs.collect.doors import Counters, keep, pieces
from qingdun.logs.collect.marks import Mark, Marks, inode_of, opened
from qingdun.logs.spool import Via
from qingdun.logs.spool.files import FileSpool

POLL_SECONDS = 0.5
CHUNK = 1024 * 1024
SILENCE_POLLS = 10  # looks after which a last line without LF is taken as it is
log = logging.getLogger(__name__)


class Follower:
    """All followed files of the installation."""

    def __init__(self, spool: FileSpool, directory: Directory) -> None:
        self.spool, self.directory = spool, directory
        self.counters = Counters("file")
        self.marks = Marks(spool)
        self._quiet: dict[Path, tuple[int, int, int]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.to_thread(self.marks.recall)
        while not stop.is_set():
            files = await asyncio.to_thread(lambda: list(self._present()))
            self.counters.connections = len(files)
            for file, source in files:
                await self._follow(file, source, stop)
            await asyncio.to_thread(self.marks.remember)
            await asyncio.sleep(POLL_SECONDS)

    def _present(self) -> Iterator[tuple[Path, int]]:
        """The files to look at, with their source; before a file, the one that bore its name until it was rotated."""
        seen: set[str] = set()
        for followed in self.directory.followed:
            for file in _matching(followed):
                try:
                    turned = [earlier for earlier in self.marks.rotated(file) if inode_of(earlier) not in seen]
                    for path in (*turned, file):
                        if path.is_file() and (inode := inode_of(path)) not in seen:
                            seen.add(inode)
                            yield path, followed.source
                except OSError as error:
                    log.warning("看不到 %s：%s", file, error)

    async def _follow(self, file: Path, source: int, stop: asyncio.Event) -> None:
        """Read on to the end. A file that has not changed since its end was reached costs one look at its status."""
        while not stop.is_set() and not self.spool.full():
            look = _look(file)
            if self._quiet.get(file) == look:
                return
            try:
                mark, data = await asyncio.to_thread(self._read, file)
            except (OSError, EOFError, BadDeflate) as error:  # gone, not ours to read, or no whole gzip (yet)
                log.warning("读不了 %s：%s", file, error)
                self._quiet[file] = look
                return
            if not data:
                if not mark.seen:
                    self._quiet[file] = look
                return
            mark.offset, mark.seen = mark.offset + len(data), 0
            entries = pieces(Via.FILE, mark.path, data, source=source, mark=mark.written())
            await keep(self.spool, entries, self.counters)

    def _read(self, file: Path) -> tuple[Mark, bytes]:
        """The next whole lines of the file; none when there are none yet."""
        mark = self.marks.of(file)
        with opened(file) as stream:
            stream.seek(mark.offset)
            data = stream.read(CHUNK)
        border = data.rfind(b"\n") + 1
        if border or not data:
            return mark, data[:border]
        finished = file.suffix == ".gz" or len(data) == CHUNK or mark.is_still(len(data), SILENCE_POLLS)
        return mark, data if finished else b""


def _look(file: Path) -> tuple[int, int, int]:
    """What changes whenever the file does."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def _matching(followed: Followed) -> list[Path]:
    path = Path(followed.pattern)
    if path.is_dir():
        return sorted(file for file in path.iterdir() if not file.name.startswith("."))
    if any(sign in followed.pattern for sign in "*?["):
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    return [path] if path.exists() else []
