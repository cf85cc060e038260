"""The shape of a line: what stays when numbers, addresses and quoted values are taken out."""

from __future__ import annotations

import polars as pl

_LENGTH = 200
#: Applied in this order; what was replaced is not looked at again because its sign holds no letter or digit.
_COLLAPSES = (
    (r'"[^"]*"|\'[^\']*\'|“[^”]*”|【[^】]*】', "“”"),
    (r"(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f:.]*|(?:\d{1,3}\.){3}\d{1,3}", "@"),
    (
        r"(?i)\b(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2}\b|\b0x[0-9a-f]+\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
        "#",
    ),
    (r"(?i)\b(?:[a-f]+\d|\d+[a-f])[0-9a-f]{6,}\b", "#"),
    (r"[A-Za-z0-9+/]{40,}={0,2}", "…"),
    (r"\d+(?:[.,:]\d+)*", "#"),
    (r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* +#", "#"),
    (r"#(?:[\s/\-T:.年月日]*#)+", "#"),
    (r"\s+", " "),
)


def shapes(lines: pl.Series) -> pl.Series:
    """The shape of every line, at most 200 characters."""
    for pattern, sign in _COLLAPSES:
        lines = lines.str.replace_all(pattern, sign)
    return lines.str.strip_chars().str.head(_LENGTH).rename("shape")


def clusters(lines: pl.Series) -> pl.DataFrame:
    """(shape, count, example), most frequent first; the example is the first line of its shape."""
    frame = pl.DataFrame({"shape": shapes(lines), "example": lines})
    counted = frame.group_by("shape", maintain_order=True).agg(pl.len().alias("count"), pl.col("example").first())
    return counted.select("shape", "count", "example").sort("count", descending=True, maintain_order=True)
