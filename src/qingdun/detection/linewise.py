"""Lines as received → batches of events for the rules: read, enriched as far as this machine knows, no database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, islice
from typing import BinaryIO

from qingdun.detection import trying
from qingdun.detection.core.frames import objects
from qingdun.detection.reading import Read
from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.logs.core.formats import formats

LINES = 5_000  # of a batch


def batches(source: BinaryIO, form: str) -> Iterator[Read]:
    """Events in the order of the lines that are not empty. Raises `Unusable` for a format that does not exist."""
    known = formats()
    if form and form not in known:
        raise Unusable(f"没有日志格式 {form}；有：{'、'.join(sorted(known))}")
    for _batch in count():
        cut = [line.rstrip(b"\r\n") for line in islice(source, LINES)]
        if not cut:
            return
        events = trying.events([line for line in cut if line.strip()], known, datetime.now(UTC), form)
        yield Read(objects(trying.enriched(events), environment.zone()))
