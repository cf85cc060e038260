"""回放 of a suppression over the lake: the newest events of its days, file by file, through `core.replaying`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from django.utils import timezone

from qingdun.detection.actions.suppressions import checked
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.replaying import Replay
from qingdun.detection.library import documents, filters
from qingdun.detection.models import Suppression
from qingdun.lib import environment
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.lake.files import LakeFile
from qingdun.logs.search import Key

MOST = 5_000_000  # events; what lies further back is left out, and the effect says from when on it counts
AT_ONCE = 100_000
Told = Callable[[int, int], None]


def effect_of(suppression: Suppression, tell: Told, *, most: int = MOST) -> dict[str, Any]:
    """The measured effect as the records keep it. `tell(done, total)` is called between portions.

    Keys: since, until (what was looked at), complete, events, vanished, rules [{id, title, before, after}], samples
    [{key, at, rule, source, target}].
    """
    found = checked(suppression.text, suppression)
    others = [one for one in filters() if one.file != f"suppression-{suppression.pk}"]
    zone = environment.zone()
    replay = Replay(
        [*documents(), *others], found.rules, found.filter, pipelines(), zone=zone, stopwatch=time.perf_counter
    )
    until = timezone.now()
    since = until - timedelta(days=suppression.days)
    files, total = _newest(Lake(zone=zone).files(since, until), most)
    complete = len(files) == len(Lake(zone=zone).files(since, until))
    done = 0
    for file in files:
        for events in _portions(file, since, until):
            replay.feed(events)
        done += file.rows
        tell(done, total)
    return _written(replay, since if complete or not files else max(since, files[0].earliest), until, complete=complete)


def _newest(files: Sequence[LakeFile], most: int) -> tuple[list[LakeFile], int]:
    """As many of the newest files as may be read, the oldest of them first; always one."""
    kept: list[LakeFile] = []
    total = 0
    for file in sorted(files, key=lambda one: one.latest, reverse=True):
        if kept and total + file.rows > most:
            break
        kept.append(file)
        total += file.rows
    return sorted(kept, key=lambda one: (one.earliest, str(one.path))), total


def _portions(file: LakeFile, since: datetime, until: datetime) -> Iterator[pl.DataFrame]:
    for begin in range(0, file.rows, AT_ONCE):
        scanned = pl.scan_parquet(
            file.path, schema=EVENT, missing_columns="insert", extra_columns="ignore", hive_partitioning=False
        ).slice(begin, AT_ONCE)
        within = pl.col("@timestamp").is_between(pl.lit(since), pl.lit(until))
        yield scanned.filter(within).collect().sort("@timestamp", "qingdun.batch", "qingdun.row")


def _written(replay: Replay, since: datetime, until: datetime, *, complete: bool) -> dict[str, Any]:
    counted = replay.counted
    spoke = sorted(counted.before, key=lambda key: -counted.before[key])
    silent = [key for key in replay.titles if key not in counted.before]
    shown = [*spoke, *(silent if len(silent) <= 20 else [])]
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "complete": complete,
        "events": counted.events,
        "before": counted.before.total(),
        "after": counted.after.total(),
        "vanished": counted.vanished,
        "rules": [
            {"id": key, "title": replay.titles[key], "before": counted.before[key], "after": counted.after[key]}
            for key in shown
        ],
        "samples": [
            {
                "key": str(Key.of({"@timestamp": one.at, "qingdun.batch": one.batch, "qingdun.row": one.row})),
                "at": one.at.isoformat(),
                "rule": replay.titles[one.rule],
                "source": one.source,
                "target": one.target,
            }
            for one in counted.samples
        ],
    }
