"""How long an address stays blocked. Every block ends; only two persons may leave the end open. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(days=1)
LONGEST = timedelta(days=30)
REMEMBERED = timedelta(days=180)  # an offence longer ago is the first again


def term(offence: int, first: timedelta = FIRST) -> timedelta:
    """The term of the n-th offence, from 1: the first term doubled each time, at most `LONGEST`."""
    if offence < 1 or first <= timedelta():
        raise ValueError(f"no term for offence {offence}, first term {first}")
    return min(first * (1 << min(offence - 1, 16)), max(LONGEST, first))


def is_long(since: datetime, until: datetime | None) -> bool:
    """Longer than one person may decide: open, or beyond `LONGEST`."""
    return until is None or until - since > LONGEST
