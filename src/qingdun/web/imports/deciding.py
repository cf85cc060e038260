"""From columns of text to decided rows. Each distinct text of a column is read once, each chunk is matched as a set."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from qingdun.web.core.tables.read import ROW
from qingdun.web.imports.columns import Column, Context, problem
from qingdun.web.imports.register import Register, Session
from qingdun.web.imports.rows import Fault, Row


class Reader:
    """Reads the cells of one table; what a text meant is remembered while there are few different ones."""

    REMEMBERED = 20_000

    def __init__(self, register: Register, given: Iterable[str], context: Context) -> None:
        self.register, self.context = register, context
        self.columns = [register.by_key[key] for key in given]
        self.known: dict[str, dict[str | None, tuple[Any, str]]] = {column.key: {} for column in self.columns}

    @cached_property
    def missing(self) -> list[Column]:
        """Required columns the table lacks."""
        given = {column.key for column in self.columns}
        return [column for column in self.register.columns if column.required and column.key not in given]

    def rows(self, frame: pl.DataFrame) -> list[Row]:
        rows = [Row(number, {}, {}) for number in frame[ROW].to_list()]
        for column in self.columns:
            self._column(column, rows, frame[column.key].to_list())
        return rows

    def _column(self, column: Column, rows: list[Row], texts: list[str | None]) -> None:
        key, known = column.key, self.known[column.key]
        for row, text in zip(rows, texts, strict=True):
            row.text[key] = text
            found = known.get(text)
            if found is None:
                found = self._meant(column, text)
                if len(known) < self.REMEMBERED:
                    known[text] = found
            value, words = found
            if words:
                row.wrong(key, words)
            elif text is not None or not column.keep:
                row.values[key] = value

    def _meant(self, column: Column, text: str | None) -> tuple[Any, str]:
        """The value of a cell, or why it has none."""
        if text is not None:
            return self._read(column, text)
        return column.empty, _("不能为空") if column.required else ""

    def _read(self, column: Column, text: str) -> tuple[Any, str]:
        try:
            return column.read(text, self.context), ""
        except (ValueError, ValidationError) as error:
            return None, problem(error)


def decide(reader: Reader, session: Session, rows: Sequence[Row]) -> None:
    """Match, check and compare one chunk. Afterwards `row.what` says what each would do. Raises Refused."""
    if reader.register.at_once:
        session.whole(rows)
    session.match(rows)
    for row in rows:
        if row.before is None:
            for column in reader.missing:
                row.wrong(column.key, _("新记录必须有这一列"))
        if not row.faults:
            session.check(row)
    session.check_all([row for row in rows if not row.faults])
    met: dict[Any, int] = {}
    for row in rows:
        row.label = session.label(row)
        if row.before is not None and not row.faults:
            row.changes = changes(reader.register, row)
            first = met.setdefault(row.before.pk, row.number)
            if first != row.number:
                row.wrong("", _("与第 %s 行指的是同一条记录") % first)


def changes(register: Register, row: Row) -> dict[str, tuple[str, str]]:
    """Which columns differ from what stands, each with both values in words."""
    found = {}
    for key, value in row.values.items():
        column = register.by_key[key]
        stands = column.now(row.before)
        if stands != value:
            found[key] = (column.words(stands), column.words(value))
    return found


class Claims:
    """Who claims what: two rows of one table that hold the same thing are both wrong, each naming the other."""

    def __init__(self) -> None:
        self.first: dict[Hashable, tuple[int, str]] = {}

    def clashes(self, session: Session, row: Row) -> list[tuple[int, Fault]]:
        """Row number and fault: for the row itself and for the earlier one it meets."""
        found = []
        for column, claim in session.claims(row):
            other, its_column = self.first.setdefault(claim, (row.number, column))
            if other != row.number:
                found.append((row.number, (column, _("与第 %s 行重复") % other)))
                found.append((other, (its_column, _("与第 %s 行重复") % row.number)))
        return found
