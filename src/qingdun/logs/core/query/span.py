"""The time in which to look: a preset counted back from now, or two moments as a person writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from qingdun.logs.core.query.refusal import Refusal, gettext_noop

#: Offered on the page, in this order. Any count of the same units is understood.
PRESETS = ("15m", "1h", "24h", "7d", "30d", "all")
DEFAULT = "24h"
_LAST = re.compile(r"(?P<count>\d{1,5})(?P<unit>[smhd])")
_UNIT = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})(?:[ T](?P<clock>\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?(?P<zone>Z|[+-]\d{2}:\d{2})?)?"
)


class SpanError(Refusal):
    """A moment or a preset that cannot be read."""


@dataclass(frozen=True, slots=True)
class Span:
    """起止时间: `start` inclusive, `end` exclusive, UTC; None is open. `last` names the preset it came from."""

    start: datetime | None
    end: datetime | None
    last: str = ""

    @classmethod
    def back(cls, last: str, now: datetime) -> Span:
        """The newest stretch of time. It has no end, so that what arrives while looking is seen."""
        if last == "all":
            return cls(None, None, last)
        found = _LAST.fullmatch(last)
        if not found or int(found["count"]) == 0:
            raise SpanError(gettext_noop("%(last)s 不是时间范围，应如 15m、24h、7d、all"), last=last)
        return cls(now - int(found["count"]) * _UNIT[found["unit"]], None, last)

    @classmethod
    def between(cls, start: str, end: str, zone: ZoneInfo) -> Span:
        """From two written moments in the installation's zone; empty is open. A day alone as end includes that day."""
        first, last = _moment(start, zone, closing=False), _moment(end, zone, closing=True)
        if first and last and first >= last:
            raise SpanError(gettext_noop("起始时间 %(start)s 不早于截止时间 %(end)s"), start=start, end=end)
        return cls(first, last)


def _moment(text: str, zone: ZoneInfo, *, closing: bool) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    found = _WRITTEN.fullmatch(text)
    try:
        if not found:
            raise ValueError
        year, month, day = map(int, found["day"].split("-"))
        hour, minute, second = (int(part) for part in ((found["clock"] or "0:0") + ":0").split(":")[:3])
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"], zone))
        moment += timedelta(days=1 if closing and not found["clock"] else 0)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SpanError(gettext_noop("%(text)s 不是时间，应如 2026-10-01 08:00"), text=text) from None


def _zone(written: str | None, zone: ZoneInfo) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00{written}").tzinfo if written else zone
