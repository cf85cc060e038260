"""回溯: new indicators are looked for in what the lake already holds, once each.

Only the columns concerned are read, file by file; what was met and not blocked at the time raises an alert through the
same door as any other (`alerting.raise_alerts`), marked as look-back by its rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from qingdun.detection.alerting import raise_alerts
from qingdun.detection.core.indicators_index import SCHEMA, Matcher, compared
from qingdun.detection.core.indicators_meeting import CATEGORY, LOOKED_AT, NAME, WEIGHT, Met, best
from qingdun.detection.core.raised import Raised, grouped
from qingdun.detection.core.signals import Trace
from qingdun.detection.intelligence.material import count
from qingdun.detection.models import Alert, Indicator
from qingdun.lib import environment
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.web.jobs import Progress

RULE = "intelligence-lookback"
EVIDENCE = 10  # first and last events of an alert
AT_ONCE = 50_000
_TOLD = ("qingdun.batch", "qingdun.row", "qingdun.action", "qingdun.count", "source.ip", "destination.ip")
_WHOSE = ("qingdun.host", "qingdun.system", "qingdun.unit")
_HIT: dict[str, pl.DataType] = {name: EVENT[name] for name in (*_TOLD, *_WHOSE, "event.ingested")} | {
    "time": EVENT["@timestamp"],
    NAME: EVENT[NAME],
    CATEGORY: EVENT[CATEGORY],
    WEIGHT: EVENT[WEIGHT],
}


def days() -> int:
    """How far back is looked: `QINGDUN_LOOKBACK_DAYS`; 0 switches it off."""
    return environment.number("QINGDUN_LOOKBACK_DAYS", 30)


def least_weight() -> int:
    """From which weight on a hit raises an alert: `QINGDUN_LOOKBACK_WEIGHT`."""
    return environment.number("QINGDUN_LOOKBACK_WEIGHT", 50)


def look_back(progress: Progress, now: datetime) -> int:
    """Look for all indicators that have not been looked for; how many alerts were raised or continued."""
    last = Indicator.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    fresh = Indicator.objects.filter(looked_back=False, pk__lte=last)
    if not fresh.exists():
        return 0
    hits = _hits(_matcher(fresh.standing(now)), now, progress) if days() else pl.DataFrame(schema=_HIT)
    with transaction.atomic():
        found = raise_alerts(_raised(hits), now)
        count(_met(hits))
        fresh.update(looked_back=True)
    return len(found)


def _matcher(fresh: QuerySet[Indicator]) -> Matcher:
    """Without beginnings: what is known to be bad today is looked for in last week."""
    rows = fresh.values_list("kind", "value", "category", "weight", "valid_until").iterator(AT_ONCE)
    columns = {name: kind for name, kind in SCHEMA.items() if name != "since"}
    parts = [pl.DataFrame(schema=columns)]
    while some := list(islice(rows, AT_ONCE)):
        parts.append(pl.DataFrame(some, schema=columns, orient="row"))
    return Matcher(compared(pl.concat(parts).with_columns(pl.lit(None, SCHEMA["since"]).alias("since"))))


def _hits(matcher: Matcher, now: datetime, progress: Progress) -> pl.DataFrame:
    """The events that meet a new indicator and had not met the same one when they came in."""
    files = Lake(zone=settings.TIME_ZONE).files(now - timedelta(days=days()), None) if len(matcher) else []
    found = [pl.DataFrame(schema=_HIT)]
    looked_at = {column for column, _find in LOOKED_AT}
    wanted = [name for name in EVENT if name in looked_at | set(_TOLD) | set(_WHOSE) | {"@timestamp", "event.ingested"}]
    for number, file in enumerate(files, 1):
        found += _of_file(pl.scan_parquet(file.path), [*wanted, NAME], matcher)
        progress(number, len(files), file.day.isoformat())
    return pl.concat(found)


def _of_file(lazy: pl.LazyFrame, wanted: list[str], matcher: Matcher) -> Iterator[pl.DataFrame]:
    there = lazy.collect_schema().names()
    events = lazy.select(
        [name if name in there else pl.lit(None, EVENT[name]).alias(name) for name in wanted]
    ).collect()
    met = best(events.drop(NAME), matcher)
    if not met.is_empty():
        met = met.select("row", "time", NAME, CATEGORY, WEIGHT)
        known = events.select(pl.col(NAME).alias("known"), *_TOLD, *_WHOSE, "event.ingested").with_row_index("row")
        both = met.join(known, on="row").filter(pl.col("known").ne_missing(pl.col(NAME)))
        yield both.select(pl.col(name).cast(kind) for name, kind in _HIT.items())


def _met(hits: pl.DataFrame) -> list[Met]:
    rows = hits.group_by(NAME).agg(pl.col("qingdun.count").fill_null(1).sum(), pl.col("time").max())
    return [Met(*row) for row in rows.rows()]


def _raised(hits: pl.DataFrame) -> Iterator[Raised]:
    """One for each indicator and unit: who of us had to do with it."""
    open_hits = hits.filter(pl.col("qingdun.action").ne_missing("blocked"), pl.col(WEIGHT) >= least_weight())
    for key, some in open_hits.sort("time").group_by(NAME, "qingdun.unit", maintain_order=True):
        yield _one(str(key[0]), key[1] if isinstance(key[1], int) else None, some)


def _one(name: str, unit: int | None, some: pl.DataFrame) -> Raised:
    weight = int(some[WEIGHT].max())  # type: ignore[arg-type]  # a column of whole numbers
    ends = some if some.height <= 2 * EVIDENCE else pl.concat([some.head(EVIDENCE), some.tail(EVIDENCE)])
    evidence: tuple[Trace, ...] = tuple(ends.select("qingdun.batch", "qingdun.row", "time").rows())
    level = Alert.Level.HIGH if weight >= 80 else Alert.Level.MEDIUM if weight >= 50 else Alert.Level.LOW
    return Raised(
        rule=RULE,
        title=f"情报回溯：{name}"[:200],
        level=int(level),
        hits=int(some["qingdun.count"].fill_null(1).sum()),
        first=some["time"][0],
        last=some["time"][-1],
        grouped=grouped([name, str(unit or "")]),
        source=_only(some["source.ip"]),
        target=_only(some["destination.ip"]),
        host=_only_number(some["qingdun.host"]),
        system=_only_number(some["qingdun.system"]),
        unit=unit,
        evidence=evidence,
        received=some["event.ingested"].min(),  # type: ignore[arg-type]  # a column of moments
    )


def _only(column: pl.Series) -> str:
    """The value, if there is but one."""
    values = column.drop_nulls().unique()
    return str(values[0]) if len(values) == 1 else ""


def _only_number(column: pl.Series) -> int | None:
    values = column.drop_nulls().unique()
    return int(values[0]) if len(values) == 1 else None
