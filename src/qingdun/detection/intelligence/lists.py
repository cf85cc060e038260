"""Plain lists and tables: one value a line, or one a row in a column."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import re2

from qingdun.detection.intelligence.shapes import Shape
from qingdun.detection.intelligence.taken import Taken, Unreadable

csv.field_size_limit(1 << 20)


def read_list(text: str, shape: Shape) -> Taken:
    """The first word of each line that is no comment."""
    taken = Taken()
    for number, line in _lines(text, shape):
        taken.take(line.split(None, 1)[0], f"第 {number} 行", kind=shape.kind)
    return taken


def read_table(text: str, shape: Shape, name: str) -> Taken:
    """The values of one column. Raises `Unreadable` with the line that lacks it."""
    taken, column = Taken(), shape.column
    for number, row in _rows(text, shape, name):
        if isinstance(column, str):  # the first row names the columns
            column = _place(column, row, name, number)
            continue
        if len(row) < column:
            raise Unreadable(f"{name} 第 {number} 行只有 {len(row)} 列，情报应在第 {column} 列，未导入任何一条")
        if not row[column - 1].strip():
            taken.refuse("是空的", f"第 {number} 行：第 {column} 列是空的")
            continue
        taken.take(row[column - 1], f"第 {number} 行", kind=shape.kind)
    return taken


def _place(column: str, row: list[str], name: str, number: int) -> int:
    names = [one.strip().lstrip("#").strip().lower() for one in row]
    if column.lower() not in names:
        found = "、".join(names[:12])
        raise Unreadable(f"{name} 第 {number} 行应是表头并有 {column} 一列，现有：{found}；未导入任何一条")
    return names.index(column.lower()) + 1


def _rows(text: str, shape: Shape, name: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in _lines(text, shape, inline=False):
        try:
            row = next(csv.reader([line], delimiter=shape.delimiter, skipinitialspace=True))
        except csv.Error as error:
            raise Unreadable(f"{name} 第 {number} 行不是表格的一行（{error}），未导入任何一条") from None
        yield number, row


def _lines(text: str, shape: Shape, *, inline: bool = True) -> Iterator[tuple[int, str]]:
    """(number, line) without comments, what is excluded, and empty lines."""
    excluded = re2.compile(shape.exclude).search if shape.exclude else None
    signs = tuple(shape.comment)
    inner = tuple(f" {sign}" for sign in signs) if inline else ()
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.strip(" \t\r\ufeff")
        if line and not line.startswith(signs) and not (excluded and excluded(line)):
            cut = min((at for sign in inner if (at := line.find(sign)) >= 0), default=len(line))
            yield number, line[:cut].rstrip()
