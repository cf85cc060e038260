"""Files through the real pipeline, by this process's own committer or by the one that is running already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.logs.collect.doors import PIECE, pieces
from qingdun.logs.collect.marks import opened
from qingdun.logs.lake import Lake
from qingdun.logs.pipeline.committer import POLL_SECONDS, Committer, key_of
from qingdun.logs.pipeline.service import Taken, alone
from qingdun.logs.pipeline.sources import Sources
from qingdun.logs.spool import Entry, Full, Via
from qingdun.logs.spool.files import FileSpool

AHEAD_BYTES = 64 * 1024 * 1024  # how far files are read ahead of what is committed
PATIENCE_SECONDS = 30  # without room in the spool, before giving up

#: Called with bytes committed and bytes spooled so far.
Told = Callable[[int, int], None]


def ingest(files: Sequence[Path], format: str, told: Told) -> dict[str, float]:
    """Store every line of `files`, told apart by source (one a file). Raises OSError for a file that can not be read.

    Safe while a committer runs, and while it is killed: whoever is there commits.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        spool = FileSpool()
        stack.callback(spool.close)
        turn = _Turn(spool, stack)
        first = spool.end()
        lines, sources, register = 0, [], Sources()
        for file in files:
            sources.append(register.id_of("file", str(file)))
            for entry in _entries(file, sources[-1], format):
                lines += entry.head.lines
                _keep(spool, entry, turn)
                told(spool.committed() - first, spool.end() - first)
        end = spool.end()
        while spool.committed() < end:
            turn()
            told(spool.committed() - first, end - first)
    seconds = time.monotonic() - started
    counted = _stored(spool.name, first, end, sources)
    return {
        "files": len(files),
        "lines": lines,
        **counted,
        "seconds": round(seconds, 3),
        "lines_per_second": round(lines / seconds),
    }


class _Turn:
    """One turn of the committer: of our own if nobody else is one, else a moment's wait for theirs."""

    def __init__(self, spool: FileSpool, stack: ExitStack) -> None:
        self.spool, self.stack = spool, stack
        self.own: Committer | None = None

    def __call__(self) -> None:
        if self.own is None:
            try:
                self.stack.enter_context(alone())
            except Taken:
                time.sleep(POLL_SECONDS)
                return
            self.own = Committer(self.spool, Lake(), readers=environment.number("QINGDUN_READERS", 1, least=1))
            self.stack.callback(self.own.close)
        self.own.step()


def _entries(file: Path, source: int, format: str) -> Iterator[Entry]:
    held = b""
    with opened(file, anywhere=True) as stream:  # named on this machine, by whoever may read it
        while read := stream.read(PIECE):
            data = held + read
            border = data.rfind(b"\n") + 1
            held = data[border:]
            if border:
                yield from pieces(Via.FILE, str(file), data[:border], source=source, format=format)
    if held:
        yield from pieces(Via.FILE, str(file), held, source=source, format=format)


def _keep(spool: FileSpool, entry: Entry, turn: Callable[[], None]) -> None:
    while spool.end() - spool.committed() > AHEAD_BYTES:
        turn()
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return spool.append([entry]).result()
        except Full as full:
            if time.monotonic() > until:
                raise Unusable(f"{full}；之前的行已入库，腾出空间后可从中断处继续") from None
            turn()


def _stored(spool: str, first: int, end: int, sources: Sequence[int]) -> dict[str, int]:
    """What the lake holds of these sources between two positions."""
    paths = [file.path for file in Lake().files()]
    if not paths:
        return {"events": 0, "unread": 0, "batches": 0}
    between = pl.col("qingdun.batch").is_between(
        pl.lit(key_of(spool, first)), pl.lit(key_of(spool, end)), closed="left"
    )
    ours = between & pl.col("qingdun.source").is_in(list(sources))
    counts = pl.scan_parquet(paths, glob=False).filter(ours).select(
        events=pl.len(), unread=pl.col("error.message").count(), batches=pl.col("qingdun.batch").n_unique()
    )  # fmt: skip
    return counts.collect().row(0, named=True)
