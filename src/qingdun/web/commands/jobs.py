"""`qingdun jobs`: the process that runs background jobs by the clock and on request."""

from __future__ import annotations

import argparse

DJANGO = True
HELP = "运行后台任务：按时间表放入队列并逐个执行（--list 只列出任务）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-clock", action="store_true", help="只执行队列，不按时间表放入任务（第二个及以后的进程用）"
    )
    parser.add_argument("--once", action="store_true", help="执行完队列中现有的任务就退出")
    parser.add_argument("--list", action="store_true", help="列出全部任务及其时间表")


def run(options: argparse.Namespace) -> int:
    from qingdun.web import worker
    from qingdun.web.jobs import jobs

    if options.list:
        for job in jobs():
            print(f"{job.key:<28}{job.cron or '—':<16}{job.title}")
        return 0
    worker.work(with_clock=not options.no_clock and not options.once, until_empty=options.once)
    return 0
