"""`qingdun web`: the pages, served by gunicorn."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys

from qingdun.lib.command import Unusable
from qingdun.lib.home import home

HELP = "只启动网页进程（多机部署时用）"
LOCAL = ("127.0.0.1", "localhost", "[::1]")
SERVED = {
    "--worker-class": "qingdun.config.worker.Worker",
    "--threads": "4",
    "--timeout": "60",
    "--graceful-timeout": "5",
    "--max-requests": "20000",
    "--max-requests-jitter": "2000",
    "--log-level": "warning",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", default="127.0.0.1:8000", help="监听地址与端口")
    parser.add_argument("--workers", type=int, default=max(2, multiprocessing.cpu_count()), help="进程数")


def run(options: argparse.Namespace) -> int:
    if (home() / "sample").exists() and options.bind.rpartition(":")[0] not in LOCAL:
        raise Unusable(f"样例安装的口令是公开的，只能监听 127.0.0.1，不能监听 {options.bind}")
    command = [sys.executable, "-m", "gunicorn", "qingdun.config.wsgi", "--bind", options.bind]
    command += ["--workers", str(options.workers), *(word for pair in SERVED.items() for word in pair)]
    os.execv(command[0], command)  # noqa: S606 (becomes gunicorn: one process less to supervise)
