"""Values as they leave in a spreadsheet: a cell is never a formula."""

from __future__ import annotations

from datetime import date, datetime

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
