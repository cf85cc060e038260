"""工作日: the clock every deadline runs on, with public holidays and make-up days (调休).

Days come from `chinesecalendar`, and above it from the city's own yearly files `lib/holidays/<year>.yaml` in
`$QINGDUN_CONTENT`: the year's notice when the package does not know it yet, or single days that differ here. A year
that neither knows has weekends only; results that touch such a year carry it in `unconfirmed` and say so when shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import chinese_calendar

from qingdun.lib.registry import Unbuildable, load

DAY = timedelta(days=1)
FURTHEST = 5_000  # working days, some twenty years: further than any deadline, near enough to walk

_DAYS = {"type": "array", "items": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, "uniqueItems": True}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source"],
    "minProperties": 2,
    "properties": {"source": {"type": "string", "minLength": 1}, "holidays": _DAYS, "workdays": _DAYS},
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """期限: the day reached, and the years on the way whose holidays nobody has announced yet."""

    day: date
    unconfirmed: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.day.isoformat()}{_caution(self.unconfirmed)}"


@dataclass(frozen=True, slots=True)
class Span:
    """The working days from one day to another, and the years on the way whose holidays nobody has announced yet."""

    days: int
    unconfirmed: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.days} 个工作日{_caution(self.unconfirmed)}"


def is_workday(day: date) -> bool:
    """Is this a working day here? In a year that is not `confirmed`: is it a weekday?"""
    if (told := _overrides().get(day.year, {}).get(day)) is not None:
        return told
    return bool(chinese_calendar.is_workday(day)) if _published(day.year) else day.weekday() < 5


def confirmed(year: int) -> bool:
    """Are the holidays of this year known, from the package or from the city's file?"""
    return _published(year) or year in _overrides()


def add_workdays(start: date, days: int) -> Deadline:
    """The `days`-th working day after `start` (before it when negative). `start` itself never counts; 0 is `start`."""
    if abs(days) > FURTHEST:
        raise ValueError(f"{days} 个工作日超出可推算的范围（{FURTHEST}）")
    step = DAY if days >= 0 else -DAY
    day, left = start, abs(days)
    while left:
        day += step
        left -= is_workday(day)
    return Deadline(day, _unconfirmed(start, day))


def workdays_between(start: date, end: date) -> Span:
    """How many working days `end` lies after `start`, negative when before: the inverse of `add_workdays`.

    `start` never counts, `end` does.
    """
    forward = end >= start
    first, last = (start + DAY, end) if forward else (end, start - DAY)
    count = sum(is_workday(first + DAY * n) for n in range((last - first).days + 1))
    return Span(count if forward else -count, _unconfirmed(start, end))


def _unconfirmed(one: date, other: date) -> tuple[int, ...]:
    first, last = sorted((one.year, other.year))
    return tuple(year for year in range(first, last + 1) if not confirmed(year))


def _caution(years: Iterable[int]) -> str:
    listed = "、".join(map(str, years))
    return f"（{listed} 年放假安排未录入，按周末推算）" if listed else ""


@cache
def _published(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@cache
def _overrides() -> Mapping[int, Mapping[date, bool]]:
    """Year → day → is it a working day, from the city's files. Raises `BrokenContent`."""
    files = load("qingdun.lib.holidays", _build, schema=SCHEMA, ours=False)
    return {int(key): days for key, days in files.items()}


def _build(key: str, document: dict[str, Any]) -> Mapping[date, bool]:
    if not (key.isdecimal() and len(key) == 4):
        raise Unbuildable("文件名应为年份，如 2027.yaml")
    days: dict[date, bool] = {}
    for name, working in (("holidays", False), ("workdays", True)):
        for text in document.get(name, ()):
            day = _day(text, name)
            if day.year != int(key):
                raise Unbuildable(f"{day} 不在 {key} 年", name)
            if day in days:
                raise Unbuildable(f"{day} 既写成休息日又写成工作日", name)
            days[day] = working
    return days


def _day(text: str, key: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unbuildable(f"{text} 不是日期", key) from None
