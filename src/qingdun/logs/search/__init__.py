"""日志检索: answers a `core.query` over the lake: pages of events, counts over time, the values of a field, exports.

`Engine` is the seam: DuckDB answers on one machine, another engine may answer over the same files. Every answer says
how far back it looked; none is silently partial. Who may see which source is decided in `access`, and only there.
"""

from __future__ import annotations

from qingdun.logs.search.answers import (
    EVERYTHING,
    Count,
    Coverage,
    Engine,
    Event,
    Histogram,
    Key,
    Page,
    Reach,
    SearchFailed,
    Stats,
)

__all__ = [
    "EVERYTHING",
    "Count",
    "Coverage",
    "Engine",
    "Event",
    "Histogram",
    "Key",
    "Page",
    "Reach",
    "SearchFailed",
    "Stats",
]
