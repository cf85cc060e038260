"""`qingdun query QUERY`: the search of the page, on the command line, over the same files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.query import Query, QueryError, parse
from qingdun.logs.core.query.span import PRESETS, Span, SpanError
from qingdun.logs.search import EVERYTHING, Coverage, Engine, Event, SearchFailed
from qingdun.logs.search.files import csv_lines, ndjson

HELP = "检索已入库的日志，逐行打印 JSON"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help='检索条件，如 source.ip:198.51.100.0/24 "union select"；"" 为全部')
    parser.add_argument("--from", dest="start", default="", metavar="TIME", help="起始时间，如 '2026-10-01 08:00'")
    parser.add_argument("--to", dest="end", default="", metavar="TIME", help="截止时间（不含）；只写日期则含当日")
    parser.add_argument("--last", default="", help=f"最近一段时间：{'、'.join(PRESETS)}；与 --from/--to 二选一")
    parser.add_argument("--limit", type=int, default=100, help="最多打印多少条，默认 100")
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    parser.add_argument("--seconds", type=float, default=60, help="统计最多用多少秒，默认 60")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--count", action="store_true", help="只打印条数")
    shape.add_argument("--stats", metavar="FIELD", default="", help="打印一个字段最常见的值")
    shape.add_argument("--histogram", action="store_true", help="打印按时间的分布")


def run(options: argparse.Namespace) -> int:
    from qingdun.logs.search.local import engine

    query = _query(options)
    if options.stats and options.stats not in EVENT:
        raise Unusable(f"没有字段 {options.stats}")
    if options.limit < 1:
        raise Unusable(f"--limit 应是正整数，不是 {options.limit}")
    try:
        if options.count or options.stats or options.histogram:
            print(json.dumps(_summary(engine(), query, options), ensure_ascii=False))
        else:
            for text in _events(engine(), query, options):
                sys.stdout.write(text)
    except SearchFailed as error:
        raise Unusable(str(error)) from None
    return 0


def _query(options: argparse.Namespace) -> Query:
    if options.last and (options.start or options.end):
        raise Unusable("--last 与 --from、--to 只能用一种")
    zone = ZoneInfo(environment.zone())
    try:
        span = (
            Span.back(options.last, datetime.now(UTC))
            if options.last
            else Span.between(options.start, options.end, zone)
        )
        return parse(options.query).within(span.start, span.end)
    except (QueryError, SpanError) as error:
        raise Unusable(f"检索条件不能用：{error}") from None


def _summary(engine: Engine, query: Query, options: argparse.Namespace) -> dict[str, Any]:
    budget = options.seconds
    if options.count:
        count = engine.count(query, EVERYTHING, budget=budget)
        return {"count": count.value, **_coverage(count.coverage)}
    if options.stats:
        stats = engine.stats(query, EVERYTHING, options.stats, top=options.limit, budget=budget)
        values = [{"value": _plain(value), "count": number} for value, number in stats.values]
        head = {"field": stats.field, "values": values, "distinct": stats.distinct}
        return {**head, "present": stats.present, "missing": stats.missing, **_coverage(stats.coverage)}
    bars = engine.histogram(query, EVERYTHING, now=datetime.now(UTC), budget=budget)
    buckets = [{"start": _plain(start), "count": number} for start, number in bars.buckets]
    head = {"count": bars.count.value, "step_seconds": int(bars.step.total_seconds()), "buckets": buckets}
    return {**head, **_coverage(bars.coverage)}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    """`exact` false: only events after `since` were looked at in the time given."""
    return {"exact": coverage.complete, **({"since": _plain(coverage.since)} if coverage.since else {})}


def _events(engine: Engine, query: Query, options: argparse.Namespace) -> Iterator[str]:
    portions = engine.export(query, EVERYTHING, limit=options.limit)
    first = next(portions, None)
    found: Iterator[list[Event]] = chain([first] if first else [], portions)
    return csv_lines(found) if options.format == "csv" else map(ndjson, found)


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
