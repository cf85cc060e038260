"""How far each followed file has been read, and how a file is known again under another name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

from qingdun.logs.folders import folders, inside
from qingdun.logs.spool.files import FileSpool

HEAD_BYTES = 1024
TURNED_LOOKS = 240  # a program may write to its log for a while after it was renamed
REMEMBERED = 5000  # files; the oldest are forgotten first
_RECALL_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Mark:
    """`offset` counts unpacked bytes. `head` is the digest of the first kilobyte, empty while the file is shorter."""

    inode: str
    path: str
    offset: int = 0
    head: str = ""
    seen: int = 0  # length of a last line without LF when last looked at, and for how many looks it has stayed so
    looks: int = 0
    turned: int = 0  # for how many looks another file has borne its name

    def written(self) -> str:
        """As it stands beside what was read, in the spool."""
        return json.dumps([self.inode, self.path, self.offset, self.head])

    def is_still(self, length: int, looks: int) -> bool:
        """Has the last line been of this length for so many looks?"""
        self.looks = self.looks + 1 if length == self.seen else 0
        self.seen = length
        return self.looks >= looks


class Marks:
    """Every file ever followed and still to be known: by inode, or as a copy or packed copy by its first kilobyte."""

    def __init__(self, spool: FileSpool) -> None:
        self._spool = spool
        self._store = spool.folder / "positions.json"
        self._by_inode: dict[str, Mark] = {}

    def of(self, file: Path) -> Mark:
        """The mark of this file. Begun anew when the file was cut short or its inode now belongs to another file."""
        inode, head = inode_of(file), head_of(file)
        mark = self._by_inode.get(inode)
        if mark is None or (mark.head and mark.head != head):
            known = next((m for m in self._by_inode.values() if head and m.head == head), None)
            mark = Mark(inode, str(file), known.offset if known else 0, head)
            self._set(mark)
        elif file.suffix != ".gz" and file.stat().st_size < mark.offset:
            mark.offset = 0
        mark.head = head
        return mark

    def rotated(self, file: Path) -> Iterator[Path]:
        """Files beside this one that bore its name when last read, now renamed or packed: they may hold a last part."""
        inode = inode_of(file)
        before = [m for m in self._by_inode.values() if m.path == str(file) and m.inode != inode]
        for mark in before:
            mark.turned += 1
            if mark.turned > TURNED_LOOKS:
                mark.path = ""
            for beside in file.parent.glob(f"{file.stem}*"):
                if beside != file and beside.is_file() and _is(beside, mark):
                    yield beside

    def _set(self, mark: Mark) -> None:
        """The newest stand last. A mark whose inode now belongs to another file is kept, for its head."""
        before = self._by_inode.pop(mark.inode, None)
        if before and before.head and before.head != mark.head:
            before.inode = f"{before.inode}~{before.head}"
            self._by_inode[before.inode] = before
        self._by_inode[mark.inode] = mark

    def recall(self) -> None:
        """What was read before this start: the stored marks, moved on by those in the spool."""
        stored = json.loads(self._store.read_text("utf-8")) if self._store.exists() else []
        self._by_inode = {fields["inode"]: Mark(**fields) for fields in stored}
        position = 0
        while batch := self._spool.take(position, _RECALL_BYTES):
            position = batch.end
            for head in batch.heads:
                if head.mark:
                    self._set(Mark(*json.loads(head.mark)))

    def remember(self) -> None:
        for inode in list(self._by_inode)[:-REMEMBERED]:
            del self._by_inode[inode]
        written = json.dumps([asdict(mark) for mark in self._by_inode.values()])
        if not self._store.exists() or self._store.read_text("utf-8") != written:
            partial = self._store.with_suffix(".new")
            partial.write_text(written, "utf-8")
            partial.replace(self._store)


@contextmanager
def opened(file: Path, *, anywhere: bool = False) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. Raises PermissionError for what no source may name, unless `anywhere`.

    That is asked of what stands open: a name can be turned into a link at any moment.
    """
    with file.open("rb") as stream:
        if not anywhere and not inside(Path(f"/proc/self/fd/{stream.fileno()}")):
            raise PermissionError(f"不在 QINGDUN_LOG_FOLDERS 允许的目录（{'、'.join(map(str, folders()))}）之内")
        yield cast(IO[bytes], gzip.GzipFile(fileobj=stream)) if file.suffix == ".gz" else stream


def inode_of(file: Path) -> str:
    status = file.stat()
    return f"{status.st_dev}-{status.st_ino}"


def head_of(file: Path) -> str:
    with opened(file) as stream:
        first = stream.read(HEAD_BYTES)
    return sha256(first).hexdigest()[:32] if len(first) == HEAD_BYTES else ""


def _is(file: Path, mark: Mark) -> bool:
    if inode_of(file) == mark.inode:
        return True
    return bool(file.suffix == ".gz" and mark.head and head_of(file) == mark.head)
