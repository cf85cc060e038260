"""情报命中: events as columns → the heaviest indicator each of them meets, at the event's own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from qingdun.detection.core.indicators import Kind
from qingdun.detection.core.indicators_index import Matcher

NAME, CATEGORY, WEIGHT = "threat.indicator.name", "threat.indicator.type", "threat.indicator.confidence"
TARGETS = {NAME: pl.String(), CATEGORY: pl.String(), WEIGHT: pl.Int16()}
URL, HOST = "url.original", "url.domain"

Find = Callable[[Matcher, pl.Series], pl.DataFrame]

#: Where indicators are looked for. Of equally heavy ones the more exact counts, then the column named first.
LOOKED_AT: tuple[tuple[str, Find], ...] = (
    ("destination.ip", Matcher.addresses),
    ("source.ip", Matcher.addresses),
    ("network.forwarded_ip", Matcher.addresses),
    ("dns.question.name", Matcher.domains),
    (HOST, Matcher.domains),
    (HOST, Matcher.addresses),
    (URL, Matcher.urls),
    ("file.hash.md5", lambda matcher, values: matcher.hashes(values, Kind.MD5)),
    ("file.hash.sha1", lambda matcher, values: matcher.hashes(values, Kind.SHA1)),
    ("file.hash.sha256", lambda matcher, values: matcher.hashes(values, Kind.SHA256)),
)


@dataclass(frozen=True, slots=True)
class Met:
    """How often a batch met one indicator, and when last."""

    name: str
    hits: int
    last: datetime


def meet(events: pl.DataFrame, matcher: Matcher) -> pl.DataFrame:
    """The same events in the same order with `threat.indicator.*` filled where one is met, and the evidence where
    nothing else stands there: which column held what, and which indicator covers it."""
    found = best(events, matcher)
    if found.is_empty():
        return events
    columns, said = events.columns, found.select("row", *TARGETS, evidence=_evidence())
    joined = (
        events.drop(list(TARGETS), strict=False)
        .with_row_index("row")
        .join(said, on="row", how="left", maintain_order="left")
    )
    if "qingdun.evidence" in columns:
        joined = joined.with_columns(pl.coalesce("qingdun.evidence", "evidence").alias("qingdun.evidence"))
    return joined.select(*dict.fromkeys([*columns, *TARGETS]))


def met(events: pl.DataFrame) -> list[Met]:
    """What `meet` found, by indicator; each hit as often as its device counted it."""
    hits = pl.col("qingdun.count").fill_null(1).sum()
    some = events.filter(pl.col(NAME).is_not_null()).group_by(NAME).agg(hits.alias("hits"), _time().max().alias("last"))
    return [Met(*row) for row in some.rows()]


def best(events: pl.DataFrame, matcher: Matcher) -> pl.DataFrame:
    """One line for each event that meets one: row, column, value, place and the columns of `TARGETS`."""
    if not len(matcher):
        return pl.DataFrame(schema={"row": pl.UInt32()})
    hits = list(_hits(events, matcher))
    if not hits:
        return pl.DataFrame(schema={"row": pl.UInt32()})
    pairs = pl.concat(hits)
    known = matcher.rows[pairs["place"].to_list()].select(
        pl.col("value").alias(NAME),
        pl.col("kind").cast(pl.String),
        pl.col("category").cast(pl.String).alias(CATEGORY),
        pl.col("weight").alias(WEIGHT),
        "since",
        "until",
    )
    pairs = pl.concat([pairs, known], how="horizontal").filter(
        (pl.col("until").is_null() | (pl.col("until") > pl.col("time")))
        & (pl.col("since").is_null() | (pl.col("since") <= pl.col("time")))
    )
    ranked = pairs.with_columns(_prefix(), pl.col(NAME).str.len_bytes().alias("length")).sort(
        "row", WEIGHT, "prefix", "length", "order", CATEGORY, descending=[False, True, True, True, False, False]
    )
    return ranked.unique("row", keep="first", maintain_order=True)


def _prefix() -> pl.Expr:
    """How narrow a network is; anything else is narrower than all of them."""
    length = pl.when(pl.col("kind") == Kind.NETWORK.value).then(pl.col(NAME).str.extract(r"/(\d+)$", 1).cast(pl.Int16))
    return length.fill_null(200).alias("prefix")


def _hits(events: pl.DataFrame, matcher: Matcher) -> Iterator[pl.DataFrame]:
    """(row, time, value, order, column, place) of everything that any column meets."""
    for order, (column, find) in enumerate(LOOKED_AT):
        if column not in events.columns or events[column].null_count() == events.height:
            continue
        values = _absolute(events) if column == URL else events[column]
        pairs = find(matcher, values.drop_nulls().unique())
        if pairs.is_empty():
            continue
        rows = events.select(_time().alias("time"), values.alias("value")).with_row_index("row")
        order_and_column = pl.lit(order, pl.Int32).alias("order"), pl.lit(column).alias("column")
        yield rows.join(pairs, on="value").select("row", "time", "value", *order_and_column, "place")


def _absolute(events: pl.DataFrame) -> pl.Series:
    """URLs with their host: what a web server logs has none, but the event may tell it. Scheme or not is all one."""
    if HOST not in events.columns:
        return events[URL]
    rooted = pl.col(URL).str.starts_with("/") & pl.col(HOST).is_not_null()
    whole = pl.when(rooted).then(pl.concat_str(pl.lit("http://"), HOST, URL)).otherwise(pl.col(URL))
    return events.select(whole.alias(URL))[URL]


def _time() -> pl.Expr:
    return pl.coalesce("@timestamp", "event.ingested")


def _evidence() -> pl.Expr:
    weight = pl.col(WEIGHT).cast(pl.String)
    return pl.concat_str(
        pl.lit("情报："),
        "column",
        pl.lit("="),
        "value",
        pl.lit(" 命中 "),
        NAME,
        pl.lit("（"),
        CATEGORY,
        pl.lit(" "),
        weight,
        pl.lit("）"),
    )
