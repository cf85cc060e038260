"""Values of the detail pattern: facts, steps, events and key figures, each drawn by the part of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a description list; `value` as in a cell (`listed.written`). `code`: an address, a key, a hash."""

    label: Text
    value: object
    href: str = ""
    code: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    title: Text
    place: Literal["done", "current", "ahead"]


def steps(options: Sequence[tuple[str, Text]], current: str) -> list[Step]:
    """A life's stages in order, up to and from `current`. Raises ValueError when there is no such stage."""
    here = [value for value, _title in options].index(current)
    return [
        Step(title, "done" if place < here else "current" if place == here else "ahead")
        for place, (_value, title) in enumerate(options)
    ]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline, newest or oldest first as the page needs."""

    title: Text
    at: datetime | None
    who: str = ""
    text: Text = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure; `href` opens the list it counts, `note` gives its parts or its change."""

    label: Text
    value: str
    unit: Text = ""
    href: str = ""
    note: Text = ""
    tone: Literal["", "ok", "warn", "bad"] = ""
    help: Text = ""
