"""The stretch of time a situation is shown for, in whole hours or days of the installation's clock. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """时段: [start, end) in steps of an hour or a day. `key` is what the address says: 24h, 7d, 30d or a month."""

    key: str
    start: datetime
    end: datetime
    hourly: bool

    @classmethod
    def read(cls, key: str, now: datetime) -> Period:
        """`now` in the installation's zone. What is no period is the last 24 hours. A month ends with today."""
        zone = now.tzinfo
        assert zone is not None
        tomorrow = _midnight(now.date() + DAY, zone)
        if found := _MONTH.fullmatch(key):
            year, month = int(found[1]), int(found[2])
            if 1990 <= year <= 2199 and 1 <= month <= 12:
                first = date(year, month, 1)
                after = date(year + month // 12, month % 12 + 1, 1)
                begin = _midnight(first, zone)
                return cls(key, begin, max(min(_midnight(after, zone), tomorrow), begin + DAY), hourly=False)
        if key in ("7d", "30d"):
            return cls(key, _midnight(now.date() - DAY * (int(key[:-1]) - 1), zone), tomorrow, hourly=False)
        hour = now.replace(minute=0, second=0, microsecond=0)
        return cls("24h", hour - 23 * HOUR, hour + HOUR, hourly=True)

    @property
    def zone(self) -> tzinfo | None:
        return self.start.tzinfo

    def moments(self) -> Iterator[datetime]:
        """Where each step begins. A day is a day of the calendar, whatever the clocks do in it."""
        at = self.start
        while at < self.end:
            yield at
            at = at + HOUR if self.hourly else _midnight(at.date() + DAY, at.tzinfo)

    def step_of(self, at: datetime) -> datetime:
        """Where the step begins in which the moment lies."""
        local = at.astimezone(self.zone)
        return local.replace(minute=0, second=0, microsecond=0) if self.hourly else _midnight(local.date(), self.zone)

    def link(self, step: datetime | None = None) -> dict[str, str]:
        """What a list of attacks is asked for: the whole period, or one step of it."""
        first, last = (step, step) if step else (self.start, self._last)
        names = ("from", "to") if self.hourly else ("since", "until")
        return dict(zip(names, (self._written(first), self._written(last)), strict=True))

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last hour or day of it, as addresses of lists write them."""
        return self._written(self.start), self._written(self._last)

    @property
    def _last(self) -> datetime:
        return self.end - (HOUR if self.hourly else DAY)

    def _written(self, step: datetime) -> str:
        return f"{step:%Y-%m-%dT%H}" if self.hourly else step.date().isoformat()


def _midnight(on: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(on, time(), zone)
