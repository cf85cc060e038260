"""Batches read back from the lake: stored but not counted ones, and those to bring to mind after a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.models import Batch
from qingdun.logs.pipeline import looked
from qingdun.logs.pipeline.read import Result
from qingdun.logs.pipeline.tally import last_received, tallies
from qingdun.logs.pipeline.watch import Material

_ROWS = 200_000  # read at once


def uncounted(lake: Lake, first: str, last: str, end: int, materials: Mapping[str, Material]) -> Iterator[Result]:
    """The batches from `first` up to, not including, `last`, in order. All of them end at `end` at the latest."""
    between = pl.col("qingdun.batch").is_between(pl.lit(first), pl.lit(last), closed="left")
    scanned = _scan(lake)
    keys = scanned.filter(between).select(pl.col("qingdun.batch").unique().sort()).collect()["qingdun.batch"]
    for key in keys:
        for events in _batches(scanned.filter(pl.col("qingdun.batch") == key)):
            seen = looked.again(events, materials)
            yield Result(
                key=str(key),
                end=end,
                lines=events.height,
                unread=events["error.message"].count(),
                tallies=tuple(tallies(events)),
                seen=last_received(events),
                found=seen.found,
                blind=seen.blind,
            )


def counted(lake: Lake, spool: str, position: int, end: int, materials: Mapping[str, Material]) -> Iterator[Result]:
    """The batches of `spool` that were counted between two positions, in order, looked at once more."""
    batches = Batch.objects.filter(spool=spool, end__gt=position, end__lte=end).order_by("end", "key")
    group: list[Batch] = []
    for batch in batches:
        if group and sum(one.lines for one in group) + batch.lines > _ROWS:
            yield from _again(lake, group, materials)
            group = []
        group.append(batch)
    if group:
        yield from _again(lake, group, materials)


def _again(lake: Lake, group: list[Batch], materials: Mapping[str, Material]) -> Iterator[Result]:
    ends = {batch.key: batch.end for batch in group}
    for events in _batches(_scan(lake).filter(pl.col("qingdun.batch").is_in(list(ends)))):
        key = str(events["qingdun.batch"][0])
        seen = looked.again(events, materials)
        yield Result(key=key, end=ends[key], lines=events.height, found=seen.found, blind=seen.blind)


def _scan(lake: Lake) -> pl.LazyFrame:
    paths = [file.path for file in lake.files()]
    if not paths:
        return pl.LazyFrame(schema=EVENT)
    return pl.scan_parquet(paths, schema=EVENT, missing_columns="insert", glob=False, hive_partitioning=False)


def _batches(wanted: pl.LazyFrame) -> list[pl.DataFrame]:
    """Their rows as they were, batch by batch: compaction has sorted the files otherwise."""
    rows = wanted.collect().sort("qingdun.batch", "qingdun.row")
    return rows.partition_by("qingdun.batch", maintain_order=True) if rows.height else []
