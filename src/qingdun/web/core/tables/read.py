"""From a file to columns of text: the sheet that fits, its header, its rows with their numbers in the file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from qingdun.web.core.tables import header
from qingdun.web.core.tables.sniff import Unreadable, kind_of

ROWS, COLUMNS, SHEETS = 300_000, 300, 50
ROW = "row"  # the column with each row's number as the program that wrote the file shows it
FOOTERS = ("导出：", "Exported: ")  # the line under an exported list: who took it, when


@dataclass(frozen=True, slots=True)
class Table:
    """`frame`: `row` and the known columns, all text, empty cells null. `notes`: what was left out, for the reader."""

    frame: pl.DataFrame
    sheet: str
    ignored: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = field(default=())


def read(path: Path, titles: Mapping[str, str]) -> Table:
    """`titles`: plain title → column key (`header.plain`). Raises Unreadable."""
    sheets = _workbook(path) if kind_of(path) == "workbook" else {"": _text(path)}
    headers = {name: found for name, frame in sheets.items() if (found := header.find(_first(frame), titles))}
    if not headers:
        raise Unreadable("no_header", sheets=[name for name in sheets if name])
    fitting = [name for name in headers if len(headers[name].places) == max(len(h.places) for h in headers.values())]
    tables = {name: _below(sheets[name], headers[name]) for name in fitting}
    name = next((name for name in fitting if tables[name].height), fitting[0])
    found, frame = headers[name], tables[name]
    if found.twice:
        raise Unreadable("title_twice", titles=list(found.twice))
    if frame.height == 0:
        raise Unreadable("no_rows")
    if frame.height > ROWS:
        raise Unreadable("many_rows", rows=frame.height, most=ROWS)
    others = tuple(one for one in fitting if one != name and tables[one].height)
    return Table(frame, name, found.ignored, others)


def _first(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    return frame.head(header.LOOKED_AT).rows()


def _below(frame: pl.DataFrame, found: header.Header) -> pl.DataFrame:
    """The rows under the header that hold anything, blank cells null, without an exported list's last line."""
    picked = frame.select(pl.nth(place).alias(key) for key, place in found.places.items())
    cells = picked.with_columns(pl.all().str.strip_chars().replace("", None))
    rows = cells.insert_column(0, pl.int_range(1, cells.height + 1, dtype=pl.UInt32, eager=True).alias(ROW))
    rows = rows[found.row + 1 :]
    rows = rows.filter(~pl.all_horizontal(pl.exclude(ROW).is_null()))
    if not rows.height:
        return rows
    last = [cell for cell in rows.row(-1)[1:] if cell is not None]
    return rows[:-1] if len(last) == 1 and str(last[0]).startswith(FOOTERS) else rows


def _workbook(path: Path) -> dict[str, pl.DataFrame]:
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        return {name: _sheet(book, name) for name in book.sheet_names[:SHEETS]}
    except (Unreadable, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the reader is no Exception
        told = str(error).lower()
        raise Unreadable("encrypted" if "password" in told or "encrypt" in told else "broken") from None


def _sheet(book: object, name: str) -> pl.DataFrame:
    """Every cell as the text it shows; `skip_rows` 0 keeps the empty rows on top, so that row numbers hold."""
    sheet = book.load_sheet(  # type: ignore[attr-defined]
        name, header_row=None, skip_rows=0, dtypes="string", skip_whitespace_tail_rows=True
    )
    if sheet.width > COLUMNS:
        raise Unreadable("many_columns", columns=sheet.width, most=COLUMNS, sheet=name)
    if not sheet.width or not sheet.height:
        return pl.DataFrame()
    frame: pl.DataFrame = sheet.to_polars()
    return frame


def _text(path: Path) -> pl.DataFrame:
    text = _decoded(path.read_bytes())
    separator = max(",\t;", key=text[:4000].count)
    rows: list[list[str]] = []
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    try:
        for cells in reader:
            rows.append(cells)
            if len(rows) > ROWS + header.LOOKED_AT + 1:
                raise Unreadable("many_rows", rows=len(rows), most=ROWS)
    except csv.Error:
        raise Unreadable("broken_text", line=reader.line_num) from None
    width = max(map(len, rows), default=0)
    if width > COLUMNS:
        raise Unreadable("many_columns", columns=width, most=COLUMNS, sheet="")
    columns = {str(place): [row[place] if place < len(row) else None for row in rows] for place in range(width)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with one, or GB18030. Raises Unreadable."""
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    for encoding in (marks.get(content[:2], "utf-8-sig"), "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(not char.isprintable() and char not in "\r\n\t\ufeff\u3000\xa0" for char in text[:4000]) > 8:
            raise Unreadable("foreign", what="binary")
        return text
    raise Unreadable("foreign", what="binary")
