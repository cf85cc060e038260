"""How fast harmless traffic passes (bar: 100,000 lines a second of one core), and what suspects cost."""

from __future__ import annotations

import argparse
import json
import random
import time
from statistics import median
from urllib.parse import quote

from qingdun.detection.core.webattack.columns import scan_lines
from qingdun.logs.benches import _machine

HELP = "实测 Web 攻击识别的速度：正常访问，与夹有攻击的访问"
WORDS = ("news", "list", "detail", "index", "search", "login", "user", "info", "zwgk", "bszn", "view", "api", "image")
TOPICS = ("公积金 提取", "社保查询", "办事指南", "rock and roll", "o'neil", "2024年第3季度", "hello")
AGENTS = tuple(
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0 Safari/537.36"
    for version in range(80, 130)
)
HOME = "https://www.example.gov.cn/index.html"
ATTACK = "/list?id=1%27%20union%20select%20{},user()--%20"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=200_000, help="造多少行，默认 200,000")
    parser.add_argument("--runs", type=int, default=5, help="测几遍，默认 5")


def run(options: argparse.Namespace) -> int:
    dice = random.Random(7)  # noqa: S311  # invented traffic
    harmless = [_line(dice, _target(dice)) for _number in range(options.lines)]
    mixed = [_line(dice, ATTACK.format(dice.randrange(10**6))) if dice.random() < 0.02 else one for one in harmless]
    scan_lines(harmless[:1000])  # expressions and automata are built once
    measured = {name: _measured(lines, options.runs) for name, lines in (("harmless", harmless), ("mixed", mixed))}
    print(json.dumps({"machine": _machine.words(), "lines": options.lines} | measured, ensure_ascii=False, indent=2))
    return 0


def _measured(lines: list[str], runs: int) -> dict[str, float | int]:
    """Lines a second of one core's time: processor seconds of all threads are counted, not the clock's."""
    spent, found = [], 0
    for _run in range(runs):
        before = time.process_time()
        found = sum(verdict.is_attack for verdict in scan_lines(lines))
        spent.append(time.process_time() - before)
    rates = sorted(len(lines) / one for one in spent)
    return {"median": round(median(rates)), "least": round(rates[0]), "most": round(rates[-1]), "attacks": found}


def _target(dice: random.Random) -> str:
    path = "/" + "/".join(dice.choices(WORDS, k=dice.randint(1, 4)))
    match dice.randrange(4):
        case 0:
            return f"{path}/{dice.randrange(10**6)}.html"
        case 1:
            return f"{path}.js?v={dice.randrange(999)}.{dice.randrange(9)}"
        case 2:
            return f"{path}?id={dice.randrange(10**7)}&q={quote(dice.choice(TOPICS))}&t={dice.randrange(10**12)}"
        case _:
            return f"{path}?token={dice.getrandbits(128):032x}&to={quote(HOME, safe='')}"


def _line(dice: random.Random, target: str) -> str:
    return (
        f"198.18.{dice.randrange(256)}.{dice.randrange(256)} - - [10/Oct/2024:13:55:36 +0800] "
        f'"GET {target} HTTP/1.1" 200 {dice.randrange(99999)} "{HOME}?{dice.choice(WORDS)}" "{dice.choice(AGENTS)}"'
    )
