"""Events a second with all rules, with few, and with pySigma's SQLite backend as a peer; memory; time to start.

Every measurement is a process of its own on one core. Matching is timed from the bytes of JSON lines in memory to the
matches; the processor's seconds are counted, so that what else the machine does disturbs as little as it can.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from qingdun.detection.commands.detect import rules
from qingdun.detection.core import cache, load
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.rules import Document, Rule
from qingdun.detection.core.stream import Stream
from qingdun.detection.reading import batches
from qingdun.lib.command import Unusable
from qingdun.logs.benches import _machine

HELP = "实测一个核心每秒用多少条 Sigma 规则检测多少事件，另测启动、内存与规则数的影响"
AIM, SLOPE, START = 50_000, 0.25, 3.0  # DESIGN §8; the first bar is 20,000
FEW = 10
PEER = Path(__file__).with_name("_sqlite_peer.py")


def arguments(parser: argparse.ArgumentParser) -> None:
    corpora = os.environ.get("QINGDUN_CORPORA", "")
    parser.add_argument("--rules", default=f"{corpora}/sigma_rules", metavar="PATH", help="规则目录")
    events = f"{corpora}/windows_events/mordor_20k.jsonl.gz"
    parser.add_argument("--events", default=events, metavar="FILE", help="事件文件（JSON 行，可压缩）")
    parser.add_argument("--count", type=int, default=200_000, help="重复到多少事件，默认 200,000")
    parser.add_argument("--runs", type=int, default=3, help="每项测几遍，默认 3")
    parser.add_argument("--peer", metavar="PYTHON", help="装有 pysigma-backend-sqlite 的另一个 Python，用来对照")
    parser.add_argument("--child", choices=("windows", "few", "all", "start"), help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    if options.count < 1 or options.runs < 1:
        raise Unusable("--count 与 --runs 至少为 1")
    for name in (options.rules, options.events):
        if not Path(name).exists():
            raise Unusable(f"没有 {name}；请设 QINGDUN_CORPORA，或用 --rules 与 --events 指明")
    if options.child:
        return _child(options)
    _pin()
    print(f"机器：{_machine.words()}")
    _tell_start(options)
    rates = {kind: _measured(options, kind) for kind in ("windows", "few", "all")}
    slope = 1 - rates["all"] / rates["few"]
    print(f"规则从 {FEW} 条到全部，慢了 {slope:.0%}（目标 ≤ {SLOPE:.0%}）")
    print(f"目标 {AIM:,} 个事件/核秒；Windows 规则达到 {rates['windows'] / AIM:.0%}")
    if options.peer:
        _tell_peer(options, rates["windows"])
    return 0


def _pin() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _tell_start(options: argparse.Namespace) -> None:
    place = cache.place([Path(options.rules)])
    place.unlink(missing_ok=True)
    cold, *warm = (_spawn(options, "start") for _turn in range(options.runs + 1))
    wall, cpu = [each["start"] for each in warm], median(each["cpu"] for each in warm)
    shown = f"中位 {median(wall):.2f} 秒（{min(wall):.2f}–{max(wall):.2f}），其中处理器 {cpu:.2f} 秒"
    first = f"{cold['start']:.2f} 秒，其中处理器 {cold['cpu']:.2f} 秒"
    print(f"启动（从进程开始到全部规则就绪）：没有缓存 {first}；有缓存 {shown}，目标 ≤ {START:.0f} 秒")


def _measured(options: argparse.Namespace, kind: str) -> float:
    runs = [_spawn(options, kind) for _turn in range(options.runs)]
    rates = [each["events"] / each["cpu"] for each in runs]
    wall = median(each["events"] / each["wall"] for each in runs)
    print(
        f"{runs[0]['rules']:>5,} 条规则，{runs[0]['events']:,} 个事件：中位 {median(rates):>7,.0f} 个/核秒"
        f"（{min(rates):,.0f}–{max(rates):,.0f}），墙钟 {wall:,.0f} 个/秒，"
        f"命中 {runs[0]['matches']:,}，内存峰值 {max(each['memory'] for each in runs):,.0f} MB"
    )
    return float(median(rates))


def _spawn(options: argparse.Namespace, kind: str) -> dict[str, Any]:
    words = ["--rules", options.rules, "--events", options.events, "--count", str(options.count), "--child", kind]
    command = [sys.executable, "-m", "qingdun.config.cli", "bench", "detect", *words]
    began = time.time()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "BEGAN": str(began)})
    if done.returncode:
        raise Unusable(f"测量进程没有完成：{done.stderr.strip().splitlines()[-1:] or done.returncode}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


# --- in a process of its own ----------------------------------------------------------------------------------------


def _child(options: argparse.Namespace) -> int:
    gc.disable()
    if options.child == "start":
        rules([options.rules], None)
        print(json.dumps({"start": time.time() - float(os.environ["BEGAN"]), "cpu": time.process_time()}))
        return 0
    text = Path(options.events).read_bytes()
    text = gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text
    text = text.rstrip(b"\n") + b"\n"
    program = _chosen(options)
    stream = Stream(program, time.perf_counter)
    _through(stream, text)  # what is built at first use is built before the watch starts
    times = max(1, options.count // stream.events)
    before, memory = stream.events, _megabytes()
    cpu, wall = time.process_time(), time.perf_counter()
    matches = sum(_through(stream, text) for _turn in range(times))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    made = {"events": stream.events - before, "rules": program.loaded, "matches": matches, "cpu": cpu, "wall": wall}
    print(json.dumps({**made, "memory": max(memory, _megabytes())}))
    return 0


def _through(stream: Stream, text: bytes) -> int:
    source = io.BufferedReader(io.BytesIO(text))
    return sum(len(stream.feed(batch.events, batch.raw)) for batch in batches(source, "内存"))


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _chosen(options: argparse.Namespace) -> Program:
    files = load.files([Path(options.rules)])
    held = cache.read(cache.place([Path(options.rules)]))
    documents: Iterable[Document] = load.load(files, held).documents
    if options.child != "all":
        windows = [each for each in documents if isinstance(each, Rule) and each.source.product == "windows"]
        documents = windows if options.child == "windows" else windows[:: max(1, len(windows) // FEW)][:FEW]
    return link(documents, pipelines())


# --- the peer -------------------------------------------------------------------------------------------------------


def _tell_peer(options: argparse.Namespace, ours: float) -> None:
    """SQLite queries made by pySigma from the same rules, over the same events put into a table."""
    done = subprocess.run(
        [options.peer, str(PEER), options.rules, options.events], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Unusable(f"对照没有完成：{done.stderr.strip().splitlines()[-1:] or done.returncode}")
    made = json.loads(done.stdout)
    rate = made["events"] / made["cpu"]
    print(
        f"对照 pySigma 的 SQLite 后端：{made['rules']:,} 条规则（{made['refused']} 条不能转换），"
        f"{made['events']:,} 个事件，{rate:,.0f} 个/核秒"
        f"（入表 {made['load']:.1f} 秒，查询 {made['query']:.1f} 秒），命中 {made['matches']:,}；"
        f"清盾是它的 {ours / rate:.0f} 倍"
    )
