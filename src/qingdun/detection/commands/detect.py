"""`qingdun detect`: events of a file against Sigma rules, without database and server (DESIGN §7)."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from qingdun.detection import linewise
from qingdun.detection.core import cache, load
from qingdun.detection.core.explain import Explainer
from qingdun.detection.core.pipelines import SCHEMA, Pipeline, pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.rules import Document
from qingdun.detection.core.stream import Stream
from qingdun.detection.reading import Read, batches, opened
from qingdun.lib.command import Unusable
from qingdun.lib.registry import one

HELP = "用 Sigma 规则检测事件文件，每个命中输出一行 JSON"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Rules, pipeline and file."""
    parser.add_argument("--rules", required=True, nargs="+", action="extend", metavar="PATH", help="规则文件或目录")
    parser.add_argument("--pipeline", metavar="FILE", help="只用这个处理管线文件（默认用内置的全部）")
    parser.add_argument("--lines", action="store_true", help="文件是收到的原始日志行，先读成事件")
    parser.add_argument("--format", default="", metavar="KEY", help="与 --lines 同用：日志格式，默认自动识别")
    parser.add_argument("--explain", metavar="RULE", help="对每个事件说明这条规则（编号或名称）哪一处成立或不成立")
    parser.add_argument("--summary", action="store_true", help="不输出命中，只输出一个汇总对象")
    parser.add_argument("--idle", action="store_true", help="汇总里另列载入了却不可能命中的规则、各规则耗时")
    parser.add_argument("file", metavar="FILE", nargs="?", help="事件文件；- 表示标准输入")


def run(options: argparse.Namespace) -> int:
    """Reads to the end in batches; memory does not grow with the file."""
    if options.file is None:  # `--rules A B FILE`: argparse gave all three to the option
        if len(options.rules) < 2:
            raise Unusable("请在最后写出事件文件；- 表示标准输入")
        options.file = options.rules.pop()
    gc.disable()  # neither rules nor events hold cycles, and there are millions of them
    try:
        with opened(options.file) as source:
            documents, program = rules(options.rules, options.pipeline)
            if options.explain:
                return _explained(options, documents, program, source)
            return _summary(options, program, source) if options.summary else _matches(options, program, source)
    finally:
        gc.enable()


def rules(names: list[str], pipeline: str | None) -> tuple[Sequence[Document], Program]:
    """Read from the cache where it can be. Raises `Unusable`, `BrokenContent`."""
    paths = [Path(name) for name in names]
    for path in paths:
        if not path.exists():
            raise Unusable(f"没有规则文件或目录 {path}")
    chosen: Mapping[str, Pipeline] = one(Path(pipeline), Pipeline.build, SCHEMA) if pipeline else pipelines()
    files = load.files(paths)
    if not files:
        raise Unusable(f"{'、'.join(names)} 里没有 .yml 或 .yaml 规则文件")
    place = cache.place(paths)
    loaded = load.load(files, cache.read(place))
    if loaded.fresh:
        cache.write(place, loaded.held)
    program = link(loaded.documents, chosen)
    program.refused[:0] = loaded.refused
    return loaded.documents, program


def _read(options: argparse.Namespace, source: Any) -> Iterator[Read]:
    return linewise.batches(source, options.format) if options.lines else batches(source, options.file)


def _explained(options: argparse.Namespace, documents: Sequence[Document], program: Program, source: Any) -> int:
    """One object an event: does the rule hold, and the tree of its parts. Of a correlation: would it count this?"""
    for refusal in program.refused:
        print(f"拒绝载入 {refusal}", file=sys.stderr)
    using = one(Path(options.pipeline), Pipeline.build, SCHEMA) if options.pipeline else pipelines()
    explainer = Explainer(documents, using)
    rule = explainer.find(options.explain)
    if rule is None:
        raise Unusable(f"规则文件里没有规则 {options.explain}")
    number = 0
    for batch in _read(options, source):
        for event in batch.events:
            why = explainer.explain(rule, event)
            line = {"event": number, "holds": why.holds, "why": asdict(why)}
            sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            number += 1
    sys.stdout.buffer.flush()
    return 0


def _matches(options: argparse.Namespace, program: Program, source: Any) -> int:
    for refusal in program.refused:
        print(f"拒绝载入 {refusal}", file=sys.stderr)
    stream = Stream(program, time.perf_counter)
    for batch in _read(options, source):
        for match in stream.feed(batch.events, batch.raw):
            rule = match.rule
            line = {"rule_id": rule.id or rule.name, "title": rule.title, "level": rule.level, "event": match.event}
            sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    for number, seconds in stream.resting().items():
        print(f"规则 {program.rules[number].title} 一批用了 {seconds:.1f} 秒，已停用", file=sys.stderr)
    return 0


def _summary(options: argparse.Namespace, program: Program, source: Any) -> int:
    stream = Stream(program, time.perf_counter)
    began, matches = time.perf_counter(), 0
    for batch in _read(options, source):
        matches += len(stream.feed(batch.events, batch.raw))
    made: dict[str, Any] = {
        "events": stream.events,
        "rules_loaded": program.loaded,
        "rules_refused": [asdict(refusal) for refusal in program.refused],
        "matches": matches,
        "seconds": round(time.perf_counter() - began, 3),
    }
    if options.idle:
        made["rules_idle"] = [asdict(idle) for idle in program.idle]
        made["rules_slowest"] = stream.slowest(20)
        made["rules_resting"] = [program.rules[number].id for number in stream.resting()]
    sys.stdout.buffer.write(orjson.dumps(made, option=orjson.OPT_APPEND_NEWLINE))
    return 0
