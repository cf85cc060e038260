"""Ten searches of a duty officer over a month of events: how long until the answer stands (DESIGN §8: p95 ≤ 1 s)."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from qingdun.lib.command import Unusable
from qingdun.logs import index
from qingdun.logs.benches import _events, _machine
from qingdun.logs.core.query import Query, parse
from qingdun.logs.lake import Lake
from qingdun.logs.lake.files import write_file
from qingdun.logs.search import EVERYTHING, Coverage
from qingdun.logs.search.duck import DuckEngine

HELP = "造一个大日志湖，实测十种常用检索的用时"
COLUMNS = (
    *("@timestamp", "qingdun.source", "qingdun.action", "event.severity", "source.ip", "destination.ip", "rule.name"),
    *("url.original", "url.domain", "message", "event.original", "error.message", "host.name", "user.name"),
)
GENERATOR = "bench"


@dataclass(frozen=True, slots=True)
class Task:
    """One search: what the officer wants, the query, how far back (days, 0 is everything), and which answer."""

    words: str
    query: str
    days: int
    answer: str = "page"  # page, histogram or the field whose values are counted


TASKS = (
    Task("一个源地址近 24 小时", "source.ip:198.18.7.9", 1),
    Task("网址片段近 7 天", "url.original:*detail.do_17*", 7),
    Task("某规则的拦截近 7 天", "rule.id:2101 qingdun.action:blocked", 7),
    Task("全部时间里的罕见词", _events.NEEDLE, 0),
    Task("今日源地址排行", "", 1, "source.ip"),
    Task("本月拦截的时间分布", "qingdun.action:blocked", 30, "histogram"),
    Task("一台主机的登录近 7 天", "host.name:srv-77 event.category:authentication", 7),
    Task("全部未识别的日志", "error.message:*", 0),
    Task("状态码 500 按网站近 24 小时", "http.response.status_code:500", 1, "url.domain"),
    Task("最新 50 条", "", 0),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=5_000_000, help="造多少条，默认 5,000,000")
    parser.add_argument("--days", type=int, default=30, help="分布在多少天，默认 30")
    parser.add_argument("--runs", type=int, default=7, help="每种检索测几遍，默认 7")
    parser.add_argument("--lake", type=Path, default=None, help="放日志湖的目录，已有则直接用；不给则用临时目录并删除")


def run(options: argparse.Namespace) -> int:
    if options.events < 1 or options.days < 1 or options.runs < 2:
        raise Unusable("--events、--days 至少为 1，--runs 至少为 2")
    place = options.lake or Path(tempfile.mkdtemp(prefix="qingdun-bench-"))
    try:
        lake = Lake(place, "UTC")
        if not lake.files():
            _make(lake, options.events, options.days)
        _measure(lake, options.runs)
    finally:
        if options.lake is None:
            shutil.rmtree(place)
    return 0


def _make(lake: Lake, events: int, days: int) -> None:
    room = shutil.disk_usage(lake.root.parent).free
    if room < events * 120:
        raise Unusable(f"{lake.root.parent} 只剩 {room / 1e9:.0f} GB，{events:,} 条约需 {events * 120 / 1e9:.0f} GB")
    begun, made = time.perf_counter(), 0
    begin = _events.month_before(datetime.now(UTC), days)
    for version, frame in enumerate(_events.portions(events, days, begin), 1):
        added = write_file(lake.root, frame, frame["@timestamp"][0].date(), f"{GENERATOR}-{version}")
        lake.commit([added], GENERATOR, version)
        index.build(lake.root / added.path)
        made += frame.height
        if sys.stderr.isatty():
            print(f"\r已造 {made:,} / {events:,}", end="", file=sys.stderr, flush=True)
    print(f"造湖 {time.perf_counter() - begun:,.0f} 秒")


def _measure(lake: Lake, runs: int) -> None:
    engine, files = DuckEngine(lake, "UTC"), lake.files()
    now = max(file.latest for file in files) + timedelta(microseconds=1)
    rows, size = sum(file.rows for file in files), sum(file.size for file in files)
    beside = sum(index.sidecar(file.path).stat().st_size for file in files if index.sidecar(file.path).exists())
    lines = [
        f"机器：{_machine.words()}",
        f"输入：{rows:,} 条，{len(files)} 个文件，{size / 1e9:.2f} GB，索引 {beside / 1e9:.2f} GB",
        f"每种 {runs} 遍，轮流进行；单位毫秒。“整页”另含时间分布与两个字段统计。",
        f"{'首遍':>8}{'p50':>8}{'p95':>8}{'整页':>8}  检索",
    ]
    times: dict[Task, list[float]] = {task: [] for task in TASKS}
    for _round in range(runs):
        for task in TASKS:
            times[task].append(_timed(lambda task=task: _answer(engine, task, now)))  # type: ignore[misc]
    for task, taken in times.items():
        whole = _timed(lambda task=task: _whole_page(engine, task, now))  # type: ignore[misc]
        found, coverage = _answer(engine, task, now)
        note = "" if coverage.complete else "（未查完）"
        lines.append(f"{taken[0]:8.0f}{median(taken):8.0f}{_p95(taken):8.0f}{whole:8.0f}  {task.words}：{found}{note}")
    every = [one for taken in times.values() for one in taken]
    lines.append(f"{'':8}{median(every):8.0f}{_p95(every):8.0f}{'':8}  全部 {len(every)} 次")
    print("\n".join(lines))


def _answer(engine: DuckEngine, task: Task, now: datetime) -> tuple[str, Coverage]:
    query = _query(task, now)
    if task.answer == "page":
        page = engine.page(query, EVERYTHING, limit=50, columns=COLUMNS)
        return f"{len(page.events)} 条", page.coverage
    if task.answer == "histogram":
        bars = engine.histogram(query, EVERYTHING, now=now)
        return f"{bars.count} 条，{len(bars.buckets)} 段", bars.coverage
    stats = engine.stats(query, EVERYTHING, task.answer)
    return f"{stats.distinct:,} 个值", stats.coverage


def _whole_page(engine: DuckEngine, task: Task, now: datetime) -> None:
    query = _query(task, now)
    engine.page(query, EVERYTHING, limit=50, columns=COLUMNS)
    engine.histogram(query, EVERYTHING, now=now)
    for field in ("source.ip", "qingdun.action"):
        engine.stats(query, EVERYTHING, field)


def _query(task: Task, now: datetime) -> Query:
    return parse(task.query).within(now - timedelta(days=task.days) if task.days else None, None)


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1]
