"""The database half of a commit: batches, hourly tallies, when each source was last heard of. Idempotent by batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Q

from qingdun.logs.models import Batch, HourTally, Source
from qingdun.logs.pipeline.read import Result
from qingdun.logs.pipeline.tally import Tally

_TABLE = HourTally._meta.db_table
_KEY = "hour, source_id, format, action, severity"
_UPSERT = (
    f"INSERT INTO {_TABLE} ({_KEY}, lines, hits, unread) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "  # noqa: S608
    f"ON CONFLICT ({_KEY}) DO UPDATE SET lines = {_TABLE}.lines + excluded.lines, "
    f"hits = {_TABLE}.hits + excluded.hits, unread = {_TABLE}.unread + excluded.unread"
)


def counted_until(spool: str) -> int:
    """The position up to which batches of `spool` are counted; 0 when none is."""
    end: int | None = Batch.objects.filter(spool=spool).aggregate(end=Max("end"))["end"]
    return end or 0


@transaction.atomic
def record(spool: str, results: Sequence[Result], settle: Callable[[Result], None]) -> None:
    """Count and settle what is not counted yet. A source that was removed meanwhile takes its tallies with it."""
    fresh = _fresh(results)
    Batch.objects.bulk_create(Batch(key=r.key, spool=spool, end=r.end, lines=r.lines, unread=r.unread) for r in fresh)
    present = set(Source.objects.values_list("pk", flat=True)) if fresh else set()
    summed = _summed(tally for result in fresh for tally in result.tallies)
    adapt = connection.ops.adapt_datetimefield_value
    rows = [(adapt(key[0]), *key[1:], *sums) for key, sums in sorted(summed.items()) if key[1] in present]
    with connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows)
    _seen([result.seen or {} for result in fresh])
    for result in fresh:
        settle(result)


def _fresh(results: Sequence[Result]) -> list[Result]:
    done = set(Batch.objects.filter(key__in=[r.key for r in results]).values_list("key", flat=True))
    return [result for result in results if result.key not in done]


def _summed(rows: Iterable[Tally]) -> dict[tuple[datetime, int, str, str, int], tuple[int, ...]]:
    sums: dict[tuple[datetime, int, str, str, int], Counter[int]] = {}
    for row in rows:
        sums.setdefault(row[:5], Counter()).update(dict(enumerate(row[5:])))
    return {key: (counter[0], counter[1], counter[2]) for key, counter in sums.items()}


def _seen(each: Iterable[Mapping[int, datetime]]) -> None:
    newest: dict[int, datetime] = {}
    for seen in each:
        for source, moment in seen.items():
            newest[source] = max(moment, newest.get(source, moment))
    for source, moment in newest.items():
        earlier = Q(last_seen__isnull=True) | Q(last_seen__lt=moment)
        Source.objects.filter(earlier, pk=source).update(last_seen=moment)
