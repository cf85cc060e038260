"""Values as they leave in a spreadsheet and come back: a cell is never a formula, and nothing is lost on the way."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """Plain text of one cell. Text that a spreadsheet might run is prefixed by an apostrophe (OWASP, CSV injection)."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case int() | float():
            return str(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case _:
            text = str(value)
            return f"'{text}" if text.lstrip(" ").startswith(RISKY) else text


def plain(value: object) -> str:
    """The same text without the apostrophe: for a reader's eyes, or a cell that is written as text."""
    return cell(value).removeprefix("'") if isinstance(value, str) else cell(value)


def bare(text: str) -> str:
    """Text that came in: without the apostrophe `cell` put before it, and without what no record can hold."""
    if text[:1] == "'" and text[1:].lstrip(" ").startswith(RISKY):
        text = text[1:]
    if text.isprintable():
        return text.strip()
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()


_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\s*日)?"
    r"(?:(?:(?<=日)|[T\s])\s*(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?"
)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: what a spreadsheet's day number may mean
_EPOCH = datetime(1899, 12, 30)


def moment(text: str) -> datetime | None:
    """A moment without a zone, as people and sheets write it: 2026-01-31 08:30, 2026年1月31日, 20260131, 46053.5."""
    try:
        if found := _WRITTEN.fullmatch(text):
            *parts, fraction = found.groups()
            exact = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]
            return exact + timedelta(seconds=round(float(fraction or 0)))
        if re.fullmatch(r"\d{8}", text):
            return datetime.strptime(text, "%Y%m%d")
        if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(text[:5]) in _SERIALS:
            return _EPOCH + timedelta(seconds=round(float(text) * 86_400))
    except (ValueError, OverflowError):
        return None
    return None


def day(text: str) -> date | None:
    """A day in the same ways; of a moment its day."""
    found = moment(text)
    return found.date() if found else None
