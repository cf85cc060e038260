"""`qingdun webattack`: access-log lines, or bare values → one verdict each as NDJSON, in order (DESIGN §7)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

import orjson

from qingdun.detection.core.webattack.columns import batches, scan_lines, scan_values
from qingdun.detection.core.webattack.judge import Verdict
from qingdun.lib.command import Unusable

HELP = "逐行判断访问日志（或参数值）里有没有 Web 攻击，每行输出一个 JSON"
HARMLESS = b'{"attack":false,"class":null,"score":0,"evidence":null}\n'


def arguments(parser: argparse.ArgumentParser) -> None:
    """What a line is, and the file."""
    parser.add_argument("--values", action="store_true", help="每行是一个参数值，而不是一行访问日志")
    parser.add_argument("file", metavar="FILE", help="访问日志；- 表示标准输入")


def run(options: argparse.Namespace) -> int:
    """Reads to the end in batches; memory does not grow with the file."""
    scan = scan_values if options.values else scan_lines
    with _opened(options.file) as source:
        for batch in batches(_lines(source)):
            sys.stdout.buffer.write(b"".join(map(_written, scan(batch))))
    sys.stdout.buffer.flush()
    return 0


def _written(verdict: Verdict) -> bytes:
    if not verdict.is_attack:
        return HARMLESS
    said = {"attack": True, "class": verdict.kind, "score": verdict.score, "evidence": verdict.evidence}
    return orjson.dumps(said | {"signal": verdict.signal}, option=orjson.OPT_APPEND_NEWLINE)


def _opened(name: str) -> BufferedReader | nullcontext[BufferedReader]:
    if name == "-":
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Unusable(f"读不出 {name}：{error.strerror}；请核对路径与权限") from None


def _lines(source: BufferedReader) -> Iterator[str]:
    """Lines without their ends. Bytes that are no UTF-8 are kept as the escapes a web server would have logged."""
    for line in source:
        yield line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
