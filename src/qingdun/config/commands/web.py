"""`qingdun web`: the pages, served by gunicorn."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys

HELP = "只启动网页进程（多机部署时用）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", default="127.0.0.1:8000", help="监听地址与端口")
    parser.add_argument("--workers", type=int, default=max(2, multiprocessing.cpu_count()), help="进程数")


def run(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "gunicorn", "qingdun.config.wsgi", "--bind", options.bind]
    command += ["--workers", str(options.workers), "--worker-class", "gthread", "--threads", "4"]
    command += [
        "--timeout",
        "60",
        "--graceful-timeout",
        "5",
        "--max-requests",
        "20000",
        "--max-requests-jitter",
        "2000",
    ]
    command += ["--log-level", "warning"]
    os.execv(command[0], command)  # noqa: S606 (becomes gunicorn: one process less to supervise)
