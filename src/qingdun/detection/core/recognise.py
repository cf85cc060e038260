"""Our own recognition of web attacks in events, where the device gave no class: by their columns, not their lines."""

from __future__ import annotations

import polars as pl

from qingdun.detection.core.webattack.columns import scan_requests

#: `observer.type` of what stands in front of or inside a web server.
WEB = ("web", "waf", "lb")


def recognise(events: pl.DataFrame) -> pl.DataFrame:
    """Fill `qingdun.attack`, `qingdun.score` and `qingdun.evidence` of requests that are attacks."""
    asked = (
        pl.col("observer.type").is_in(WEB) & pl.col("url.original").is_not_null() & pl.col("qingdun.attack").is_null()
    )
    rows = events.select(asked.fill_null(value=False).alias("asked"))["asked"].arg_true()
    if not rows.len():
        return events
    found = [(row, verdict) for row, verdict in scan_requests(_requests(events[rows])) if verdict.is_attack]
    if not found:
        return events
    numbers = rows.gather([row for row, _verdict in found]).cast(pl.UInt32).to_list()
    return _filled(
        events,
        numbers,
        {
            "qingdun.attack": [verdict.kind for _row, verdict in found],
            "qingdun.score": [verdict.score for _row, verdict in found],
            "qingdun.evidence": [verdict.evidence for _row, verdict in found],
        },
    )


def _requests(events: pl.DataFrame) -> pl.DataFrame:
    """The target without the scheme and domain that a WAF puts before it: these are its words, not the client's."""
    domain = pl.col("url.domain").fill_null("")
    target = pl.col("url.original")
    for scheme in ("http://", "https://"):
        before = pl.concat_str(pl.lit(scheme), domain)
        theirs = (domain != "") & target.str.starts_with(before)
        target = pl.when(theirs).then(target.str.strip_prefix(before)).otherwise(target)
    return events.select(
        pl.col("http.request.method").fill_null("GET").alias("method"),
        target.alias("target"),
        pl.col("http.request.referrer").alias("referer"),
        pl.col("user_agent.original").alias("user_agent"),
    )


def _filled(events: pl.DataFrame, rows: list[int], values: dict[str, list[object]]) -> pl.DataFrame:
    kinds = {name: events.schema[name] for name in values}
    patch = pl.DataFrame({"_row": rows, **values}, schema={"_row": pl.UInt32, **kinds})
    every = pl.DataFrame({"_row": pl.int_range(events.height, dtype=pl.UInt32, eager=True)})
    wide = every.join(patch, on="_row", how="left", maintain_order="left")
    return events.with_columns(pl.coalesce(wide[name], events[name]).alias(name) for name in values)
