"""`qingdun work`: from the spool to the lake and the tallies."""

from __future__ import annotations

import argparse

from qingdun.lib import environment

HELP = "读取暂存的日志并入库"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    default = environment.number("QINGDUN_READERS", 1, least=1)
    parser.add_argument("--readers", type=int, default=default, help=f"读取进程数，默认 {default}")
    parser.add_argument("--every", type=float, default=1.0, help="至多多少秒提交一次，默认 1")


def run(options: argparse.Namespace) -> int:
    from qingdun.logs.pipeline.service import work

    work(readers=options.readers, every=options.every)
    return 0
