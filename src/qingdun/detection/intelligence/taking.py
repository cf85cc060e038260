"""Taking in: what was read becomes rows, whole or not at all; what stands unchanged is not written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl
from django.db import transaction
from django.utils import timezone

from qingdun import audit
from qingdun.access.models import Account
from qingdun.audit import rows as bulk
from qingdun.detection.intelligence.own import ours
from qingdun.detection.intelligence.plan import STANDING, Given, Plan, plan
from qingdun.detection.intelligence.shapes import shapes
from qingdun.detection.intelligence.taken import Taken
from qingdun.detection.models import Edition, Feed, FeedRun, Indicator
from qingdun.inventory.core.addresses import span

READ = ("pk", "kind", "value", "category", "weight", "note", "valid_from", "valid_until")
COLUMNS = (
    *("feed_id", "kind", "value", "category", "weight", "note", "key", "valid_from", "valid_until", "added"),
    *("hits", "looked_back", "marked", "mark_reason", "marked_by_id", "marked_at"),
)
AT_ONCE = 20_000
REASONS = 50  # kept of one run
Mark = tuple[bool, str, int | None, datetime | None]
UNMARKED: Mark = (False, "", None, None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of one run; `reasons` as [reason, count, first example]."""

    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    reasons: list[list[Any]]


def preview(feed: Feed, taken: Taken) -> tuple[Plan, Outcome]:
    """What `accept` would do now."""
    rows = taken.frame()
    mine = dict(ours(rows))
    for value, what in mine.items():
        taken.refuse(what, f"{value} 是{what}")
    rows = rows.filter(~pl.col("value").is_in(list(mine)))
    found = plan(rows, _standing(feed), _given(feed), timezone.now())
    ranked = sorted(taken.refused.items(), key=lambda one: -one[1].count)
    reasons: list[list[Any]] = [[why, one.count, one.first[:300]] for why, one in ranked]
    read = len(taken.rows) + taken.refusals - len(mine)
    counts = (found.new.height, found.changed.height, found.unchanged, taken.refusals)
    return found, Outcome(read, *counts, reasons[:REASONS])


@transaction.atomic
def accept(feed: Feed, taken: Taken, *, by: Account | None, source: str) -> FeedRun:
    """Write it, and a record of the run; the caller has asked for permission. One line of audit for all of it."""
    now = timezone.now()
    Feed.objects.select_for_update().get(pk=feed.pk)  # one run at a time
    found, outcome = preview(feed, taken)
    _insert(feed, found.new, now)
    _update(found.changed)
    run = FeedRun.objects.create(feed=feed, at=now, by=by, source=source[:300], **_counts(outcome))
    feed.state, feed.taken_to = Feed.State.DONE, taken.up_to or feed.taken_to
    feed.save(update_fields=["state", "taken_to"])
    if outcome.new or outcome.changed:
        Edition.advance()
        counts = {"new": (0, outcome.new), "changed": (0, outcome.changed)}
        audit.record(by, "detection.intelligence", feed, source[:200], changes=counts)
    return run


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in ("read", "new", "changed", "unchanged", "refused", "reasons")}


def _given(feed: Feed) -> Given:
    shape = shapes()[feed.shape]
    return Given(
        category=feed.category,
        otherwise=shape.category,
        weight=shape.weight if feed.weight is None else feed.weight,
        own_weight=feed.weight is None,
        term=shape.term if feed.term is None else feed.term,
    )


def _standing(feed: Feed) -> pl.DataFrame:
    rows = Indicator.objects.filter(feed_id=feed.pk).values_list(*READ).iterator(AT_ONCE)
    parts = [pl.DataFrame(schema=STANDING)]
    while some := list(islice(rows, AT_ONCE)):
        parts.append(pl.DataFrame(some, schema=STANDING, orient="row"))
    return pl.concat(parts)


def _insert(feed: Feed, new: pl.DataFrame, now: datetime) -> None:
    marks = _marks()

    def rows() -> Iterator[tuple[Any, ...]]:
        told = new.select("kind", "value", "category", "weight", "note", "since", "until")
        for kind, value, category, weight, note, since, until in told.iter_rows():
            mark = marks.get((kind, value), UNMARKED)
            yield (feed.pk, kind, value, category, weight, note, key(kind, value), since, until, now, 0, False, *mark)

    several = rows()
    while some := list(islice(several, AT_ONCE)):
        bulk.insert(Indicator, COLUMNS, some)


def _marks() -> dict[tuple[str, str], Mark]:
    """A value that a person knows to be harmless stays so, whichever feed names it next."""
    rows = Indicator.objects.filter(marked=True).values_list(
        "kind", "value", "mark_reason", "marked_by_id", "marked_at"
    )
    return {(kind, value): (True, reason, by, at) for kind, value, reason, by, at in rows}


def _update(changed: pl.DataFrame) -> None:
    fields = ["category", "weight", "note", "valid_from", "valid_until"]
    for some in changed.iter_slices(5_000):
        things = [
            Indicator(pk=pk, category=category, weight=weight, note=note, valid_from=since, valid_until=until)
            for pk, category, weight, note, since, until in some.select(
                "pk", "category", "weight", "note", "since", "until"
            ).iter_rows()
        ]
        Indicator.objects.bulk_update(things, fields, batch_size=500)


def key(kind: str, value: str) -> str:
    """The first address, so that what lies within a network is found by one range; empty for what is no address."""
    if kind not in ("address", "network"):
        return ""
    return (span(value) or ("", ""))[0]
