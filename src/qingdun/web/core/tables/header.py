"""Which row of a sheet is its header, and which of its columns are known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOOKED_AT = 20  # rows: above the header there may be a title, a date, a line on how to fill it in
_HINT = re.compile(r"[（(【\[].*?[)）】\]]|[*＊:：]")


def plain(title: str) -> str:
    """A title without what people add to it: spaces, stars, a hint in brackets, full-width letters."""
    return re.sub(r"\s+", "", _HINT.sub("", unicodedata.normalize("NFKC", title))).lower()


@dataclass(frozen=True, slots=True)
class Header:
    """`row` from 0; `places`: column key → its place; `ignored`: titles nobody knows; `twice`: titles given twice."""

    row: int
    places: Mapping[str, int]
    ignored: tuple[str, ...]
    twice: tuple[str, ...]


def find(rows: Sequence[Sequence[str | None]], titles: Mapping[str, str]) -> Header | None:
    """The row that names most columns. `titles`: plain title → column key. None when no row names two of them."""
    best: Header | None = None
    for number, row in enumerate(rows[:LOOKED_AT]):
        found = _read(number, row, titles)
        if len(found.places) >= min(2, len(titles)) and (best is None or len(found.places) > len(best.places)):
            best = found
    return best


def _read(number: int, row: Sequence[str | None], titles: Mapping[str, str]) -> Header:
    places: dict[str, int] = {}
    ignored, twice = [], []
    for place, cell in enumerate(row):
        title = (cell or "").strip()
        key = titles.get(plain(title))
        if key is None:
            ignored += [title] if title else []
        elif key in places:
            twice.append(title)
        else:
            places[key] = place
    return Header(number, places, tuple(ignored), tuple(twice))
