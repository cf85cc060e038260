"""Found events as they leave: NDJSON with what is known of each, CSV with every column and no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from qingdun.logs.core.columns import EVENT
from qingdun.logs.search.answers import Event
from qingdun.web.core.cells import cell


def as_json(event: Event) -> dict[str, Any]:
    """Column → value, without the empty ones; moments in ISO 8601, UTC."""
    return {name: _plain(event[name]) for name in EVENT if event.get(name) is not None}


def ndjson(events: Iterable[Event]) -> str:
    return "".join(orjson.dumps(as_json(event)).decode() + "\n" for event in events)


def csv_lines(portions: Iterable[Iterable[Event]]) -> Iterator[str]:
    """The heading, then one piece of text for each portion."""
    yield _written([list(EVENT)])
    for events in portions:
        yield _written([cell(_plain(event[name])) for name in EVENT] for event in events)


def _written(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
