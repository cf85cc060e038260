"""Workbooks out: a small one whole, or a list of any length streamed row by row. No cell is ever a formula.

The frame of a streamed workbook (styles, header, widths, validations) is made by xlsxwriter; its rows are written into
the frame's sheet as they come, in chunks, so neither memory nor a temporary file grows with the list.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from xml.sax.saxutils import escape

import xlsxwriter

ROWS = 1_048_576  # of one sheet
CELL = 32_767  # characters
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_EPOCH = datetime(1899, 12, 30)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a sheet. `note`: shown when one points at its title. `offered`: what may be chosen below it."""

    title: str
    note: str = ""
    offered: tuple[str, ...] = ()
    must: bool = False
    width: int = 18


@dataclass(frozen=True, slots=True)
class Frame:
    """A workbook with its header, and the styles of days and moments in it."""

    content: bytes
    day: int
    moment: int


def frame(name: str, headings: Sequence[Heading], *, about: str = "", more: Sequence[Any] = ()) -> Frame:
    """A workbook whose first sheet holds the headings only. `more`: further sheets as (name, rows)."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    book.set_properties({"comments": about})
    bold = book.add_format({"bold": True, "bg_color": "#E8F0F7", "border": 1, "border_color": "#C5D2DE"})
    must = book.add_format({"bold": True, "bg_color": "#FCEFD6", "border": 1, "border_color": "#C5D2DE"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet(_sheet_name(name))
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, heading.width)
        sheet.write_string(0, place, heading.title, must if heading.must else bold)
        if heading.note:
            sheet.write_comment(0, place, heading.note, {"x_scale": 2.2})
        if heading.offered and sum(len(one) + 1 for one in heading.offered) < 256:
            chosen = {"validate": "list", "source": list(heading.offered), "error_type": "stop"}
            sheet.data_validation(1, place, ROWS - 1, place, chosen)
    for title, rows in more:
        _fill(book.add_worksheet(_sheet_name(title)), rows, bold)
    styles = day._get_xf_index(), moment._get_xf_index()
    book.close()
    return Frame(out.getvalue(), *styles)


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name)[:31]


def _fill(sheet: Any, rows: Iterable[Sequence[str]], bold: Any) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 9, 34)
    for number, row in enumerate(rows):
        for place, text in enumerate(row):
            sheet.write_string(number, place, text[:CELL], bold if number == 0 else None)


class _Sink(io.RawIOBase):
    """What the archive writes, until it is taken away. Without `seek`, so that the archive is written straight on."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


def stream(made: Frame, chunks: Iterable[Sequence[Sequence[object]]]) -> Iterator[bytes]:
    """The workbook with these rows under its header, in pieces. What does not fit on one sheet is left out."""
    sink = _Sink()
    with (
        zipfile.ZipFile(io.BytesIO(made.content)) as old,
        zipfile.ZipFile(cast(Any, sink), "w", zipfile.ZIP_DEFLATED, compresslevel=3) as new,
    ):
        for member in old.namelist():
            if member != _SHEET:
                new.writestr(member, old.read(member))
        head, tail = old.read(_SHEET).decode().split("</sheetData>")
        head = re.sub(r'<dimension ref="[^"]*"/>', "", head)
        with new.open(_SHEET, "w", force_zip64=True) as sheet:
            sheet.write(head.encode())
            number = 2
            for chunk in chunks:
                fitting = chunk[: max(0, ROWS + 1 - number)]
                lines = [_row(number + place, row, made) for place, row in enumerate(fitting)]
                sheet.write("".join(lines).encode())
                number += len(fitting)
                yield sink.take()
            sheet.write(f"</sheetData>{tail}".encode())
    yield sink.take()


def whole(made: Frame, rows: Sequence[Sequence[object]]) -> bytes:
    return b"".join(stream(made, [rows] if rows else []))


def _row(number: int, row: Sequence[object], made: Frame) -> str:
    return f'<row r="{number}">{"".join([_cell(value, made) for value in row])}</row>'


def _cell(value: object, made: Frame) -> str:
    match value:
        case None | "":
            return "<c/>"
        case bool():
            return _text("是" if value else "否")
        case int() | float():
            return f"<c><v>{value}</v></c>"
        case datetime():
            return f'<c s="{made.moment}"><v>{_serial(value)}</v></c>'
        case date():
            return f'<c s="{made.day}"><v>{(value - _EPOCH.date()).days}</v></c>'
        case _:
            return _text(str(value))


def _serial(value: datetime) -> float:
    passed = value.replace(tzinfo=None) - _EPOCH
    return passed.days + passed.seconds / 86_400


def _text(text: str) -> str:
    clean = _ILLEGAL.sub("", text)[:CELL]
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'
