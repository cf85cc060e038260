"""`qingdun ingest FILE...`: files through the real pipeline."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from qingdun.lib.command import Unusable

HELP = "把日志文件经正式流程入库，打印一个汇总（JSON）"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="日志文件，.gz 自动解压")
    parser.add_argument("--format", default="", help="按这个格式读；不给则自动识别")


def run(options: argparse.Namespace) -> int:
    from qingdun.logs.core.formats import formats
    from qingdun.logs.pipeline.ingest import ingest

    if options.format and options.format not in formats():
        raise Unusable(f"没有格式 {options.format}；可用的：{'、'.join(formats())}")
    for file in options.files:
        if not file.is_file():
            raise Unusable(f"{file} 不是文件或不存在，请检查路径")
    shown = sys.stderr.isatty()
    try:
        summary = ingest([file.resolve() for file in options.files], options.format, _progress if shown else _silent)
    except OSError as error:
        raise Unusable(f"读不了 {error.filename or options.files[0]}：{error.strerror or error}") from None
    print(json.dumps(summary, ensure_ascii=False))
    return 0


def _progress(stored: int, kept: int) -> None:
    print(f"\r已入库 {stored / 2**20:.1f} / {kept / 2**20:.1f} MB", end="", file=sys.stderr, flush=True)


def _silent(stored: int, kept: int) -> None:
    """No terminal, no progress."""
