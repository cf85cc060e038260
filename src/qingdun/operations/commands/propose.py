"""`qingdun propose`: log lines → who ought to be blocked, as NDJSON, without database and server (DESIGN §7)."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

import orjson

from qingdun.detection.book import book
from qingdun.lib.command import Unusable
from qingdun.logs.core.formats import formats
from qingdun.operations.core.policy import Decision
from qingdun.operations.proposing import Lines, Proposer

HELP = "读日志文件，按规则和封禁策略逐行给出应封禁的来源，每个输出一行 JSON"
_LINES, _BYTES = 20_000, 8 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Files and format."""
    parser.add_argument("--format", metavar="KEY", help="先用这个格式读（默认逐行识别）")
    parser.add_argument("--blockable", action="store_true", help="不输出受保护的地址（默认输出并写明受什么保护）")
    parser.add_argument("files", metavar="FILE", nargs="+", help="日志文件，一个文件当作一台设备；- 表示标准输入")


def run(options: argparse.Namespace) -> int:
    """Reads to the end in batches; memory does not grow with the files."""
    if options.format and options.format not in formats():
        near = difflib.get_close_matches(options.format, formats(), n=3, cutoff=0.4)
        raise Unusable(f"没有日志格式 “{options.format}”，是不是 {'、'.join(near or formats())}")
    proposer = Proposer(options.format)
    for device, name in enumerate(options.files, 1):
        with _opened(name) as source:
            for batch in _batches(source, device):
                for decision in proposer.feed(batch):
                    kept = proposer.protection(decision.source)
                    if not (kept and options.blockable):
                        _write(decision, kept)
    return 0


def _write(decision: Decision, kept: str) -> None:
    titles = [book()[rule.lower()].title for rule in decision.rules if rule.lower() in book()]
    said = {
        "address": decision.source,
        "policy": decision.policy,
        "mode": decision.mode,
        "rule": decision.rules[0] if decision.rules else None,
        "attack": decision.attack,
        "hits": decision.hits,
        "first": decision.first,
        "last": decision.last,
        "until": decision.until,
        "why": "；".join([decision.reason, *titles]),
        "protected": kept or None,
    }
    sys.stdout.buffer.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def _batches(source: BufferedReader, device: int) -> Iterator[Lines]:
    start, rest = 0, b""
    while block := source.read1(_BYTES):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for at in range(0, len(lines), _LINES):
            yield Lines(device, start + at, lines[at : at + _LINES])
        start += len(lines)
    if rest:
        yield Lines(device, start, [rest])


def _opened(name: str) -> BufferedReader | nullcontext[BufferedReader]:
    if name == "-":
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Unusable(f"打不开 {name}：{error.strerror}") from None
