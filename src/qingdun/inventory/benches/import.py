# ruff: noqa: N999  (its name on the command line)
"""A workbook of 100,000 hosts through the whole import: read, decide, write, record; then the same file again."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from qingdun.inventory.benches._installation import installation
from qingdun.lib.command import Unusable

HELP = "造一份大的主机表格，实测从 Excel 到入库的用时与内存"
WITHIN = 60.0  # seconds for 100,000 hosts


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hosts", type=int, default=100_000, help="多少行，默认 100,000")
    parser.add_argument("--database", default="", help="一个空的 PostgreSQL 库的地址；不给则用 SQLite")


def run(options: argparse.Namespace) -> int:
    if not 100 <= options.hosts <= 300_000:
        raise Unusable("--hosts 应在 100 与 300,000 之间")
    with tempfile.TemporaryDirectory(prefix="qingdun-bench-") as folder, installation(options.database) as environment:
        file = Path(folder, "hosts.xlsx")
        _write(file, options.hosts)
        city = "import django; django.setup(); from qingdun.inventory.benches import _city; _city.build(60)"
        subprocess.run([sys.executable, "-c", city], env=environment, check=True)
        kind, load, size = "PostgreSQL" if options.database else "SQLite", os.getloadavg()[0], file.stat().st_size
        print(f"输入：{options.hosts:,} 行，{size / 1e6:.1f} MB；{kind}；机器负载 {load:.1f}", flush=True)
        for what in ("首次导入", "同一份再来"):
            _measure(what, file, environment)
    return 0


def _write(file: Path, hosts: int) -> None:
    from qingdun.web.core import workbook

    titles = ("名称", "网络区域", "主地址", "操作系统", "信息系统", "归属单位", "安全代理安装日", "登记日期")
    made = workbook.frame("主机", [workbook.Heading(title) for title in titles])
    rows = [
        (f"new-{n}", "政务外网区", f"172.{16 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", "麒麟 V10", "SYS-0",
         f"unit-{n % 1000}", "2026-03-02", "2026-03-01")
        for n in range(hosts)
    ]  # fmt: skip
    file.write_bytes(workbook.whole(made, rows))


def _measure(what: str, file: Path, environment: dict[str, str]) -> None:
    program = str(Path(sys.executable).with_name("qingdun"))
    begun = time.perf_counter()
    process = subprocess.Popen(
        [program, "import-register", "hosts", str(file)], env=environment, stdout=subprocess.PIPE
    )
    said = json.loads((process.stdout.read() if process.stdout else b"") or b"{}")
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise Unusable(f"导入没有做完（{status}）")
    taken, wrong = time.perf_counter() - begun, len(said["wrong"])
    busy, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(
        f"{what}：{taken:.1f} 秒（处理器 {busy:.1f} 秒），内存峰值 {memory:.0f} MB；"
        f"新增 {said['new']:,}，未变 {said['unchanged']:,}，有误 {wrong:,}；要求十万行 {WITHIN:.0f} 秒"
    )
