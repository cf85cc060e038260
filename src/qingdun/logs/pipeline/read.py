"""What a reader process does with one batch: entries → rows → events → Parquet files and tallies. No Django here.

Between reading and writing the rooms look at it (`pipeline.watch`); what they find goes to the committer in `Result`.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import polars as pl

from qingdun.lib.home import content
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.decode import text
from qingdun.logs.core.formats import formats
from qingdun.logs.core.mask import mask
from qingdun.logs.core.read import Reader
from qingdun.logs.core.split import records
from qingdun.logs.lake.files import Added, write_days
from qingdun.logs.pipeline.batches import Known, Origin, raw_rows
from qingdun.logs.pipeline.looked import Seen, look
from qingdun.logs.pipeline.tally import Tally, last_received, tallies
from qingdun.logs.pipeline.watch import Material
from qingdun.logs.spool import Batch

SMALL_ROWS = 2000  # up to so many rows a batch gets no file of its own
_DIE_WITH_PARENT = 1  # prctl PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Task:
    """One batch and all a reader needs beside it. `suspect`: reading it has killed a reader, so keep it unread.

    `material`: what each room looks with.
    """

    key: str
    batch: Batch
    sources: Mapping[Origin | int, Known]
    lake: Path
    zone: str
    suspect: bool = False
    material: Mapping[str, Material] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a batch; with `unknown` hosts behind a relay nothing was written: name them and try again.

    `rows`: the events of a small batch (Arrow IPC), for the committer to write with others in one file; else they are
    in `added`. `found`: room → what it found, pickled; `blind`: room → why it could not look at all of it.
    """

    key: str
    end: int
    unknown: frozenset[str] = frozenset()
    lines: int = 0
    unread: int = 0
    added: tuple[Added, ...] = ()
    rows: bytes = b""
    tallies: tuple[Tally, ...] = ()
    seen: Mapping[int, datetime] | None = None
    found: Mapping[str, bytes] = field(default_factory=dict)
    blind: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False


def start() -> None:
    """Set up a reader process: it ends when its committer does, and a Ctrl-C is the committer's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def read_batch(task: Task) -> Result:
    rows = surely(records, raw_rows(task.batch.load(), task.sources), lambda whole, _error: whole)
    why = "读取进程因这一段日志而中止" if task.suspect else ""
    events = unread(rows, why) if why else read_surely(_reader(_content(), task.zone), rows)
    events, unknown = _name_relayed(events, rows["_relay"], task.sources)
    if unknown or events.is_empty():
        return Result(task.key, task.batch.end, unknown)
    events = events.with_columns(
        pl.lit(task.key).alias("qingdun.batch"), pl.int_range(pl.len(), dtype=pl.Int32).alias("qingdun.row")
    )
    seen = Seen(events) if task.suspect else look(events, task.material)
    is_small = events.height <= SMALL_ROWS
    return Result(
        key=task.key,
        end=task.batch.end,
        lines=events.height,
        unread=events["error.message"].count(),
        added=() if is_small else tuple(write_days(task.lake, seen.events, task.key, task.zone)),
        rows=packed(seen.events) if is_small else b"",
        tallies=tuple(tallies(seen.events)),
        seen=last_received(events),
        found=seen.found,
        blind=seen.blind,
        urgent=seen.urgent,
    )


def packed(events: pl.DataFrame) -> bytes:
    stream = BytesIO()
    events.write_ipc(stream)
    return stream.getvalue()


def read_surely(reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """Read; rows that a fault of ours keeps from being read are kept unread."""
    return surely(
        lambda some: reader.read(some.select(*RAW)), rows, lambda one, error: unread(one, f"读取出错：{error}")
    )


def surely(
    act: Callable[[pl.DataFrame], pl.DataFrame],
    rows: pl.DataFrame,
    otherwise: Callable[[pl.DataFrame, str], pl.DataFrame],
) -> pl.DataFrame:
    """`act(rows)`; should a fault of ours break it, halve until only the rows that cause it get `otherwise`.

    Whatever anybody sends, one line never keeps the others from being stored.
    """
    try:
        return act(rows)
    except (Exception, pl.exceptions.PanicException) as error:
        if rows.height <= 1:
            return otherwise(rows, type(error).__name__)
        middle = rows.height // 2
        return pl.concat([surely(act, rows[:middle], otherwise), surely(act, rows[middle:], otherwise)])


def unread(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    """The rows as events of which nothing is known but that they came. Secrets are masked here too."""
    known = pl.DataFrame(
        {
            "@timestamp": rows["received"],
            "event.ingested": rows["received"],
            "qingdun.source": rows["source"],
            "qingdun.count": pl.repeat(1, rows.height, dtype=pl.Int64, eager=True),
            "event.original": mask(text(rows["raw"])),
            "error.message": pl.repeat(why, rows.height, dtype=pl.String, eager=True),
        }
    )
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in EVENT.items() if name not in known.columns]
    return known.with_columns(absent).select(*EVENT)


def _name_relayed(
    events: pl.DataFrame, relayed: pl.Series, sources: Mapping[Origin | int, Known]
) -> tuple[pl.DataFrame, frozenset[str]]:
    """Give relayed events the source their own header names; also the hosts that are no source yet."""
    if not relayed.any():
        return events, frozenset()
    host = pl.when(relayed).then(pl.col("log.syslog.hostname"))
    named = events.select(host.alias("host"))["host"]
    hosts = named.drop_nulls().unique().to_list()
    if unknown := frozenset(h for h in hosts if ("syslog", h) not in sources):
        return events, unknown
    ids = named.replace_strict(hosts, [sources["syslog", h].id for h in hosts], default=None, return_dtype=pl.Int32)
    return events.with_columns(pl.coalesce(ids, "qingdun.source").alias("qingdun.source")), frozenset()


def _content() -> tuple[tuple[str, int], ...]:
    """Which format files of the city exist and when they last changed."""
    folder = content() / "logs" / "formats"
    if not folder.is_dir():
        return ()
    return tuple(sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder)))


@lru_cache(maxsize=1)
def _reader(_content_now: tuple[tuple[str, int], ...], zone: str) -> Reader:
    return Reader(formats(), zone=zone)
