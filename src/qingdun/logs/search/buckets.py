"""The time axis of a histogram: a readable step, aligned to the installation's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from qingdun.logs.core.query import Query
from qingdun.logs.search.plan import Chunk, micro

SECOND = 1_000_000
STEPS = tuple(
    seconds * SECOND
    for seconds in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000)
)
MOST = 62
OLDEST = timedelta(days=400)  # a device whose clock stands at 1970 must not squeeze the rest into one bar


@dataclass(frozen=True, slots=True)
class Axis:
    """Buckets of `step` microseconds from `low`. What lies outside counts in the first or the last bucket."""

    low: int
    step: int
    count: int

    def of(self, moment: int) -> int:
        return min(max((moment - self.low) // self.step, 0), self.count - 1)

    def only(self, chunk: Chunk) -> int | None:
        """The bucket that holds the whole chunk, None when it spans more than one."""
        first = self.of(chunk.earliest)
        return first if first == self.of(chunk.latest) else None

    @property
    def starts(self) -> list[datetime]:
        return [datetime.fromtimestamp((self.low + n * self.step) // SECOND, UTC) for n in range(self.count)]


def axis(query: Query, chunks: Sequence[Chunk], zone: str, now: datetime) -> Axis:
    """The axis over the query's range, or where it is open over what the chunks hold, up to `now`."""
    ceiling = micro(now)
    oldest = micro(now - OLDEST)
    held = max(min((chunk.earliest for chunk in chunks), default=ceiling - STEPS[8]), oldest)
    low = micro(query.start) if query.start else held
    high = micro(query.end) if query.end else max(ceiling, low + SECOND)
    shift = _shift(low, zone)
    for step in STEPS:
        first = (low + shift) // step * step - shift
        if (count := -(-(high - first) // step)) <= MOST:
            break
    return Axis(first, step, max(count, 1))


def _shift(moment: int, zone: str) -> int:
    offset = datetime.fromtimestamp(moment // SECOND, ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds()) * SECOND
