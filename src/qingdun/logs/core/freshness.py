"""Is a source still sending? Decided by how long it may be silent, which its keeper says."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Freshness(StrEnum):
    LIVE = "live"
    LATE = "late"  # more than half of its silence has gone by
    SILENT = "silent"
    NEVER = "never"


def freshness(last_seen: datetime | None, silent_after: int, now: datetime) -> Freshness:
    """`silent_after` in minutes."""
    if last_seen is None:
        return Freshness.NEVER
    limit = timedelta(minutes=silent_after)
    waited = now - last_seen
    if waited > limit:
        return Freshness.SILENT
    return Freshness.LATE if waited > limit / 2 else Freshness.LIVE
