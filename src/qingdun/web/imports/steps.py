"""The two long steps of an import: look at a table, and write what was accepted of it."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from qingdun.web.core.tables.read import ROW
from qingdun.web.imports import reading, verdicts
from qingdun.web.imports.columns import Context
from qingdun.web.imports.deciding import Claims, Reader, decide
from qingdun.web.imports.register import Register
from qingdun.web.imports.rows import Fault, Row, What
from qingdun.web.jobs import Progress

CHUNK = 2000  # rows decided, written and recorded together
USUAL, SELDOM = gc.get_threshold(), (100_000, 20, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """A chunk's rows die by their count; looking for cycles among them takes a third of the time."""
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)


@dataclass(frozen=True, slots=True)
class Looked:
    """`table`: the cells as text; `verdicts`: what each row would do."""

    read: reading.Read
    table: pl.DataFrame
    verdicts: pl.DataFrame


@seldom_collected()
def look(register: Register, content: bytes, *, by: Any, progress: Progress) -> Looked:
    """Read a file and decide every row; nothing is written. Raises `reading.NotUsable` and `Refused`."""
    progress(0, 0, _("正在读取文件"))
    read = reading.read(content, register.titles)
    lacking = [str(register.by_key[key].title) for key in register.needs if key not in read.columns]
    if lacking:
        raise reading.NotUsable(_("缺少列：%s；没有它认不出每一行是哪条记录") % "、".join(lacking))
    table = verdicts.unpacked(read.table)
    context = Context(by)
    reader, session, claims = Reader(register, read.columns, context), register.open(context), Claims()
    parts, late = [], defaultdict[int, list[Fault]](list)
    for frame in table.iter_slices(table.height if register.at_once else CHUNK):
        rows = reader.rows(frame)
        decide(reader, session, rows)
        parts.append(verdicts.frame_of(rows))
        for row in rows:
            for number, fault in claims.clashes(session, row):
                late[number].append(fault)
        progress(rows[-1].number, table.height, _("正在比对台账"))
    return Looked(read, table, verdicts.spoilt(pl.concat(parts), late))


@dataclass(slots=True)
class Written:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    wrong: tuple[tuple[int, str, tuple[Fault, ...]], ...] = ()

    def counts(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "wrong": len(self.wrong)}


@seldom_collected()
def write(register: Register, table: pl.DataFrame, seen: pl.DataFrame, *, by: Any, progress: Progress) -> Written:
    """Decide the accepted rows again and write those that would do just what was shown. In the caller's transaction.

    `seen`: their verdicts at the preview. A row that meanwhile would do something else is left out and named.
    Raises Refused, IntegrityError when somebody else was quicker.
    """
    context = Context(by, lock=True)
    keys = table.columns[1:]
    reader, done = Reader(register, keys, context), Written()
    shown = {row[ROW]: row["changes"] for row in seen.iter_rows(named=True)}
    chosen = verdicts.of_rows(table, shown)
    progress(0, chosen.height, _("正在写入，全部写完才生效"))
    with closing(register.open(context)) as session:
        for place, frame in enumerate(chosen.iter_slices(max(1, chosen.height) if register.at_once else CHUNK)):
            rows = reader.rows(frame)
            decide(reader, session, rows)
            new, changed = _as_shown(rows, shown, done)
            session.write(new, changed)
            done.new += len(new)
            done.changed += len(changed)
            progress(min(chosen.height, place * CHUNK + len(rows)), chosen.height, _("正在写入，全部写完才生效"))
        session.finish()
    return done


def _as_shown(rows: Sequence[Row], shown: dict[int, str | None], done: Written) -> tuple[list[Row], list[Row]]:
    """New and changed rows that would do what the preview showed; what they would do otherwise is counted in `done`."""
    fit: dict[What, list[Row]] = {What.NEW: [], What.CHANGED: []}
    for row in rows:
        before = shown[row.number]
        now = verdicts.written(row.changes) if row.what is What.CHANGED else None
        if row.what is What.UNCHANGED:
            done.unchanged += 1
        elif row.what is not What.WRONG and now != before:
            row.wrong("", _("预览之后这条记录又被改动，请重新上传核对"))
        if row.what in fit:
            fit[row.what].append(row)
    done.wrong += tuple((row.number, row.label, tuple(row.faults)) for row in rows if row.what is What.WRONG)
    return fit[What.NEW], fit[What.CHANGED]
