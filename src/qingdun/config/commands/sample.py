"""`qingdun sample july`: a whole month of the sample city through the real pipeline."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from qingdun.config.preparing import prepare, refuse_mixing
from qingdun.lib.command import Unusable
from qingdun.lib.home import home

if TYPE_CHECKING:
    from qingdun.config.sample.july.sending import Sent

HELP = "把样例城市 2022 年 7 月的设备原始日志经正式流程入库，打印一个汇总（JSON）"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("month", choices=["july"], help="july：2022 年 7 月")
    parser.add_argument("--scale", type=float, default=1.0, help=argparse.SUPPRESS)  # for tests


def run(options: argparse.Namespace) -> int:
    if not 0 < options.scale <= 1:
        raise Unusable(f"--scale {options.scale} 不能用：应大于 0，不超过 1")
    mark = home() / "sample-july"
    if mark.exists():
        raise Unusable(f"{home()} 已灌入过（或灌到一半）样例七月，再灌会重复计数；请把 QINGDUN_HOME 指到别的目录")
    refuse_mixing("small")
    prepare("small")
    from qingdun.config.sample.july.sending import send

    mark.touch(mode=0o600)
    shown = sys.stderr.isatty()
    sent = send(_progress if shown else _silent, scale=options.scale)
    if shown:
        print(file=sys.stderr)
    print(json.dumps(_summary(sent), ensure_ascii=False))
    print("各项数字：qingdun figures --at 2022-07-31", file=sys.stderr)
    return 0


def _summary(sent: Sent) -> dict[str, object]:
    plan = sent.plan
    folded = sum(len(one.folded) for one in plan.campaigns)
    return {
        "lines": sent.lines,
        "lines_folded": folded,  # lines in which a device says how many hits it folded
        "planned": {
            "intercepted": plan.intercepted,
            "portal": plan.portal,
            "sources_blocked": len(plan.campaigns),
            "backdoors": len(plan.backdoors),
        },
        "readers": sent.readers,
        "blind_batches": sent.blind,
        "seconds": round(sent.seconds, 1),
        "lines_per_second": round(sent.lines / sent.seconds),
    }


def _progress(day: int, stored: float) -> None:
    print(f"\r已写出 7 月 {day} 日，已入库 {stored:.0%}", end="", file=sys.stderr, flush=True)


def _silent(day: int, stored: float) -> None:
    """No terminal, no progress."""
