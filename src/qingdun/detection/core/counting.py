"""Attacks and signals of one batch, counted by columns. What is an attack: see `detection.models.Attack`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from qingdun.detection.core.found import ATTACKS, SIGNALS
from qingdun.detection.core.signals import Signal

ADVERSE = ("blocked", "alerted", "deceived")
SURE = 6  # the score from which our own recognition is as good as a device's word
EVIDENCE = 3  # traces of one signal
SOURCE, TARGET = 45, 200  # characters kept of what may be any text a device sent


def prepared(events: pl.DataFrame, moment: pl.Expr) -> pl.DataFrame:
    """Events with what counting, signals and alerts call them: `_moment`, `_source`, `_target`, `_attack`, `_action`.

    `moment`: when an event counts. A target is an address, else the domain asked for, else the host that wrote it.
    """
    target = pl.coalesce("destination.ip", "url.domain", "host.name")
    score = pl.col("qingdun.score")
    judged = pl.when(score >= SURE).then(4).when(score.is_not_null()).then(3)
    return events.with_columns(
        moment.alias("_moment"),
        pl.col("source.ip").fill_null("").str.slice(0, SOURCE).alias("_source"),
        target.fill_null("").str.slice(0, TARGET).alias("_target"),
        pl.col("qingdun.attack").fill_null("").alias("_attack"),
        pl.col("qingdun.action").fill_null("").alias("_action"),
        pl.col("qingdun.count").fill_null(1).alias("_hits"),
        pl.max_horizontal(pl.col("event.severity").fill_null(0).cast(pl.Int64), judged).alias("_level"),
    )


def is_attack() -> pl.Expr:
    """A device blocked, reported or deceived it, or our own recognition names a class."""
    return pl.col("_action").is_in(ADVERSE) | pl.col("qingdun.score").is_not_null()


def attacks(events: pl.DataFrame) -> pl.DataFrame:
    """De-duplicated by hour, source, target, class and action, as `found.ATTACKS`; `events` as `prepared`."""
    hour = pl.col("_moment").dt.truncate("1h").alias("hour")
    keys = [hour, *(pl.col(f"_{name}").alias(name) for name in ("source", "target", "attack", "action"))]
    counted = events.filter(is_attack()).group_by(keys).agg(
        pl.col("qingdun.source").first().alias("device"),
        *(pl.col(f"qingdun.{name}").drop_nulls().first().alias(name) for name in ("host", "system", "unit")),
        pl.col("_hits").sum().alias("hits"),
        pl.col("_moment").min().alias("first"),
        pl.col("_moment").max().alias("last"),
        pl.col("_level").max().alias("severity"),
    )  # fmt: skip
    return counted.select(pl.col(name).cast(kind) for name, kind in ATTACKS.items())


def signals(events: pl.DataFrame, harmless: Sequence[str] = ()) -> pl.DataFrame:
    """What devices and our own recognition say of sources, by minute, as `found.SIGNALS`; `events` as `prepared`.

    `harmless`: classes that say nothing against a source.
    """
    named = (pl.col("_attack") != "") & ~pl.col("_attack").is_in(list(harmless))
    said = (is_attack() | named) & (pl.col("_source") != "")
    minute = pl.col("_moment").dt.truncate("1m").alias("minute")
    keys = [
        pl.col("_source").alias("source"),
        pl.col("qingdun.source").alias("device"),
        *(pl.col(f"_{name}").alias(name) for name in ("attack", "action")),
        minute,
    ]
    counted = events.filter(said).group_by(keys, maintain_order=True).agg(
        pl.col("_level").max().alias("level"),
        pl.col("_hits").sum().alias("hits"),
        pl.col("_moment").min().alias("first"),
        pl.col("_moment").max().alias("last"),
        pl.col("_target").first().alias("target"),
        pl.col("qingdun.batch").head(EVIDENCE).alias("batches"),
        pl.col("qingdun.row").head(EVIDENCE).alias("rows"),
        pl.col("_moment").head(EVIDENCE).alias("times"),
    )  # fmt: skip
    return counted.select(pl.col(name).cast(kind) for name, kind in SIGNALS.items())


def spoken(counted: pl.DataFrame) -> list[Signal]:
    """The rows of `found.SIGNALS` as policies eat them."""
    found = []
    for source, device, attack, action, level, hits, begin, end, target, *traces in counted.rows():
        evidence = tuple(zip(*traces, strict=True))
        found.append(Signal(source, device, attack, action, level, hits, begin, end, target, "", evidence))
    return found
