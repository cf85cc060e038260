"""Invented log lines of three kinds; the same for every run."""

from __future__ import annotations

import json
import random

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
KINDS = {"access": "访问日志", "pairs": "key=value", "json": "JSON"}


def lines(kind: str, count: int) -> bytes:
    """`count` lines of one of `KINDS`, each ended by LF."""
    chance = random.Random(kind)  # noqa: S311 (no secret)
    make = {"access": _access, "pairs": _pairs, "json": _json}[kind]
    return "".join(f"{make(chance)}\n" for _ in range(count)).encode()


def _clock(chance: random.Random) -> str:
    return f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"


def _access(chance: random.Random) -> str:
    path = f"/portal/{chance.randrange(400)}/detail.do?id={chance.randrange(100_000)}&page={chance.randrange(20)}"
    status, size = chance.choice((200, 200, 200, 200, 304, 404, 500)), chance.randrange(100_000)
    return (
        f"198.51.100.{chance.randrange(256)} - - [02/Mar/2026:{_clock(chance)} +0800] "
        f'"GET {path} HTTP/1.1" {status} {size} "https://portal.example.cn/" "{AGENT}"'
    )


def _pairs(chance: random.Random) -> str:
    return (
        f"<134>Mar  2 {_clock(chance)} fw-{chance.randrange(30):02} devid=1 type=ips "
        f"src=198.51.100.{chance.randrange(256)} sport={chance.randrange(1024, 65536)} "
        f"dst=10.1.{chance.randrange(20)}.{chance.randrange(256)} dport={chance.choice((22, 80, 443, 3389))} proto=tcp "
        f"act={chance.choice(('block', 'alert'))} level={chance.choice(('high', 'medium', 'low'))} "
        f'rule={chance.randrange(1000, 1400)} msg="SQL injection attempt {chance.randrange(300)}"'
    )


def _json(chance: random.Random) -> str:
    event = {
        "timestamp": f"2026-03-02T{_clock(chance)}.000+0800",
        "src_ip": f"198.51.100.{chance.randrange(256)}",
        "src_port": chance.randrange(1024, 65536),
        "dest_ip": f"10.1.{chance.randrange(20)}.{chance.randrange(256)}",
        "dest_port": chance.choice((80, 443)),
        "proto": "TCP",
        "action": chance.choice(("blocked", "allowed")),
        "rule_name": f"rule {chance.randrange(300)}",
        "severity": chance.choice(("high", "low")),
        "url": f"/portal/{chance.randrange(5000)}",
    }
    return json.dumps(event)
