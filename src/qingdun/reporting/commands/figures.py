"""`qingdun figures`: every indicator for one day, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import TYPE_CHECKING

from qingdun.lib.command import Unusable

if TYPE_CHECKING:
    from qingdun.reporting.figures import Reading

HELP = "打印全部指标：值、分子分母、口径"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", metavar="日期", help="哪一天的数字，如 2022-07-31；默认今天")
    parser.add_argument("--json", action="store_true", help="输出 JSON")


def run(options: argparse.Namespace) -> int:
    from django.utils import timezone

    from qingdun.access.policy import ROOT, Scope
    from qingdun.reporting import figures

    at = _day(options.at) if options.at else timezone.localdate()
    everywhere = {permission: Scope(permission, (ROOT,)) for permission in figures.permissions()}
    readings = figures.read(everywhere, at)
    if options.json:
        print(json.dumps([reading.as_json() for reading in readings], ensure_ascii=False, indent=2))
        return 0
    for reading in readings:
        print(_line(reading))
    return 0


def _line(reading: Reading) -> str:
    figure, indicator = reading.figure, reading.indicator
    parts = f"（{reading.parts}）" if figure.is_ratio else ""
    return f"{indicator.name}\t{figure}{parts} {indicator.unit}\t{indicator.definition}"


def _day(text: str) -> date:
    from qingdun.reporting.figures import day

    try:
        return day(text)
    except ValueError:
        raise Unusable(f"--at 的值“{text}”不是日期；请写成 2022-07-31 的样子") from None
