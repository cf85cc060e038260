"""行中之策: log lines → decisions, with everything the pipeline does in between, but no database and no clock.

Reader, attack classes, own recognition, rules, correlations, policies: the same code as in the pipeline, fed batch by
batch. Who is protected is said beside each decision; here only files and `$QINGDUN_NETWORKS` can say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from qingdun.detection import looking
from qingdun.detection.active import active
from qingdun.detection.core import counting, raising
from qingdun.detection.core.correlate import Correlator
from qingdun.detection.core.found import Found
from qingdun.detection.core.signals import Signal
from qingdun.lib import environment
from qingdun.lib.registry import load
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader
from qingdun.logs.core.split import records
from qingdun.operations.core import protecting
from qingdun.operations.core.guards import Guard, NotBlockable, Range, Target
from qingdun.operations.core.policy import Decision, Policies
from qingdun.operations.policyfiles import policies


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one file: the number of the file stands for the device, the number of the first line for its place."""

    device: int
    start: int
    lines: list[bytes]


class Proposer:
    """One course of lines through everything. Lines of several files must come in the order of their files."""

    def __init__(self, form: str | None = None) -> None:
        self._form = form
        self._reader = Reader(formats(), environment.zone())
        self._rules = active({})
        self._correlator = Correlator(self._rules.program)
        self._policies = Policies(policies().values())
        self._guard = Guard(protected())

    def feed(self, batch: Lines) -> Iterator[Decision]:
        """The decisions these lines lead to."""
        return iter(self._policies.feed(list(self.signals(batch))))

    def protection(self, address: str) -> str:
        """Why the address must not be blocked, in words; empty when nothing speaks against it."""
        try:
            found = self._guard.protecting(Target.parse(address))
        except NotBlockable as refusal:
            return str(refusal)
        return found.words() if found else ""

    def signals(self, batch: Lines) -> Iterable[Signal]:
        """What devices, our own recognition and rules say of these lines."""
        events = self.events(batch)
        if events.is_empty():
            return
        found = looking.look(events, {}).found
        assert isinstance(found, Found)
        yield from counting.spoken(found.signals)
        fired = raising.fired(found.steps, self._correlator, self._rules.numbers)
        for hit in (*found.hits, *fired):
            yield raising.signal(hit, self._rules.spoken)

    def events(self, batch: Lines) -> pl.DataFrame:
        """The lines as events; batch and row name the file and the line, from 0."""
        raw = pl.DataFrame({"raw": batch.lines}, schema={"raw": RAW["raw"]}).with_columns(
            received=pl.lit(datetime.now(UTC)).cast(RAW["received"]),
            source=pl.lit(batch.device, dtype=RAW["source"]),
            format=pl.lit(self._form, dtype=RAW["format"]),
            line=pl.int_range(batch.start, batch.start + len(batch.lines)),
        )
        raw = records(raw)
        if raw.is_empty():
            return pl.DataFrame(schema=EVENT)
        return self._reader.read(raw.select(RAW.keys())).with_columns(
            pl.lit(str(batch.device)).alias("qingdun.batch"), raw["line"].cast(pl.Int32).alias("qingdun.row")
        )


def protected() -> list[Range]:
    """The ranges that files protect, and the city's own networks as `$QINGDUN_NETWORKS` names them."""
    listed = load("qingdun.operations.protected", protecting.build, schema=protecting.SCHEMA).values()
    own = environment.text("QINGDUN_NETWORKS").replace(",", " ").split()
    return [
        *(one for each in listed for one in each.ranges),
        *(Range.of(text, "own", "本市网络", "QINGDUN_NETWORKS") for text in own),
    ]
