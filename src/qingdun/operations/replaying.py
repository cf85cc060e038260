"""A policy tried on what already happened: the attacks of the lake's last days through the policy's own engine.

Rule hits are not kept in the lake, so of rules each alert counts as one signal, at its last hit. Nothing is blocked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.detection.classes import classes
from qingdun.detection.core.counting import prepared, signals, spoken
from qingdun.detection.core.signals import Signal
from qingdun.detection.models import Alert
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.operations import shown
from qingdun.operations.core.policy import Decision, Policies
from qingdun.operations.models import Replay
from qingdun.operations.policyfiles import policies
from qingdun.web.jobs import Progress

KEPT = 500  # addresses named in the result; all are counted
NEEDED = (
    "@timestamp",
    "source.ip",
    "destination.ip",
    "url.domain",
    "host.name",
    "event.severity",
    "qingdun.attack",
    "qingdun.action",
    "qingdun.count",
    "qingdun.score",
    "qingdun.source",
    "qingdun.batch",
    "qingdun.row",
)


def run(replay: Replay, progress: Progress) -> None:
    """Do it and keep the result. A policy that is gone or broken is said in `problem`."""
    chosen = policies().get(replay.policy)
    if chosen is None:
        replay.problem = _("没有策略“%s”") % replay.policy
    else:
        now = timezone.now()
        engine, decided = Policies([chosen], {chosen.key: "dry"}), dict[str, Decision]()
        hours = list(_hours(now - timedelta(days=replay.days), now))
        for number, (start, end) in enumerate(hours, 1):
            seen = sorted([*_events(start, end), *_alerts(start, end)], key=lambda one: one.last)
            replay.signals += len(seen)
            for decision in engine.feed(seen):
                decided.setdefault(decision.source, decision)
            progress(number, len(hours), _("会封 %d 个地址") % len(decided))
        _weigh(replay, list(decided.values()))
    replay.done = timezone.now()
    replay.save()


def _hours(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of an hour, so that a busy day fits the memory."""
    while start < end:
        following = min(start + timedelta(hours=1), end)
        yield start, following
        start = following


def _events(start: datetime, end: datetime) -> list[Signal]:
    files = [str(one.path) for one in Lake(zone=settings.TIME_ZONE).files(start, end)]
    if not files:
        return []
    moment = pl.col("@timestamp")
    schema = {name: EVENT[name] for name in NEEDED}
    frame = pl.scan_parquet(files, schema=EVENT, missing_columns="insert", extra_columns="ignore").select(list(schema))
    adverse = pl.col("qingdun.attack").is_not_null() | pl.col("qingdun.action").is_in(
        ["blocked", "alerted", "deceived"]
    )
    found = frame.filter((moment >= start) & (moment < end) & adverse).collect()
    missing = [pl.lit(None, dtype=EVENT[name]).alias(name) for name in ("qingdun.host", "qingdun.system")]
    harmless = [key for key, one in classes().items() if not one.hostile]
    return spoken(signals(prepared(found.with_columns(missing), moment), harmless))


def _alerts(start: datetime, end: datetime) -> Iterator[Signal]:
    for one in Alert.objects.filter(last__gte=start, last__lt=end).exclude(source=""):
        yield Signal(
            source=one.source,
            device=0,
            attack=one.attack,
            action="alerted",
            level=one.level,
            hits=one.hits,
            first=one.first,
            last=one.last,
            target=one.target,
            rule=one.rule,
        )


def _weigh(replay: Replay, decided: list[Decision]) -> None:
    """Ask the guards of today about each address."""
    said, until = Counter[str](), timezone.now() + timedelta(days=1)
    for decision, look in zip(decided, shown.looks([one.source for one in decided], "inbound", until), strict=True):
        kind = "standing" if look.standing else "protected" if look.refused else ""
        said[kind] += 1
        if len(replay.found) < KEPT:
            moment = decision.at.isoformat()
            replay.found.append([decision.source, moment, decision.hits, decision.reason, kind, look.refused])
    replay.addresses, replay.protected, replay.standing = len(decided), said["protected"], said["standing"]
