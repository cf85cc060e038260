"""A clerk's ways through a list of 200,000 hosts: open, count, filter, search, sort, turn to any page, export."""

from __future__ import annotations

import argparse
import subprocess
import sys

from qingdun.inventory.benches._installation import installation
from qingdun.lib.command import Unusable

HELP = "造一个大台账，实测列表、筛选、计数与导出在服务端的用时"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hosts", type=int, default=200_000, help="造多少台主机，默认 200,000")
    parser.add_argument("--runs", type=int, default=20, help="每种页面测几遍，默认 20")
    parser.add_argument("--database", default="", help="一个空的 PostgreSQL 库的地址；不给则用 SQLite")


def run(options: argparse.Namespace) -> int:
    if options.hosts < 100 or options.runs < 5:
        raise Unusable("--hosts 至少为 100，--runs 至少为 5")
    with installation(options.database) as environment:
        command = [sys.executable, "-m", "qingdun.inventory.benches._pages", str(options.hosts), str(options.runs)]
        return subprocess.run(command, env=environment, check=False).returncode
