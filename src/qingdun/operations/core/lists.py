"""Block lists as files: reading a province's CSV by a mapping of its columns, writing our own. Pure.

No public description of the province's form exists (UNCONFIRMED), so its columns are named by whoever imports it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

HEADINGS = ("address", "direction", "valid_from", "valid_until", "origin", "attack", "reason")
MOST = 20_000
_DIRECTIONS = {
    "": "inbound",
    "入向": "inbound",
    "inbound": "inbound",
    "出向": "outbound",
    "outbound": "outbound",
    "双向": "both",
    "both": "both",
}


class NotAList(ValueError):
    """The file cannot be used; the text says why and is shown as it stands."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: its number in the file, what it names, and what is wrong with it (empty: nothing)."""

    number: int
    address: str
    reason: str = ""
    direction: str = "inbound"
    until: datetime | None = None
    problem: str = ""


def columns(content: bytes) -> list[str]:
    """The headings of a file, for somebody to say which is which. Raises NotAList."""
    rows = _rows(content)
    return list(rows[0])


def read(content: bytes, mapping: Mapping[str, str], zone: tzinfo) -> list[Line]:
    """The lines of a list. `mapping`: `address` (needed), `reason`, `direction`, `until` → the heading of its column.

    Times without a zone are in `zone`. Raises NotAList.
    """
    heading, *rows = _rows(content)
    at = {name: heading.index(column) for name, column in mapping.items() if column in heading}
    missing = [column for column in mapping.values() if column and column not in heading]
    if missing or "address" not in at:
        raise NotAList(f"文件中没有“{'、'.join(missing) or '地址'}”这一列；有：{'、'.join(heading)}")
    if len(rows) > MOST:
        raise NotAList(f"文件有 {len(rows)} 行，一次最多 {MOST} 行；请分开导入")
    return [_line(number, row, at, zone) for number, row in enumerate(rows, 2) if any(row)]


def write(rows: Iterable[Sequence[str]]) -> str:
    """Our own list as CSV, columns as in `HEADINGS`; what a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text))]
    if not rows or not any(rows[0]):
        raise NotAList("文件是空的，或第一行不是列名")
    return rows


def _line(number: int, row: Sequence[str], at: Mapping[str, int], zone: tzinfo) -> Line:
    cells = {name: row[index] if index < len(row) else "" for name, index in at.items()}
    direction = _DIRECTIONS.get(cells.get("direction", "").lower())
    problem, until = "", None
    if direction is None:
        problem, direction = f"方向“{cells['direction']}”应为 入向、出向 或 双向", "inbound"
    if written := cells.get("until", ""):
        try:
            until = datetime.fromisoformat(written.replace("/", "-"))
            until = until if until.tzinfo else until.replace(tzinfo=zone)
        except ValueError:
            problem = f"期限“{written}”不是时间，应如 2026-01-31 18:00"
    return Line(number, cells["address"], cells.get("reason", ""), direction, until, problem)
