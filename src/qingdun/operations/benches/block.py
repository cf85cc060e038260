"""From the first qualifying line to the attacker being cut off by nftables, on a whole platform (bar: 1 s, p99).

Each attack has an address of its own that keeps sending to the victim; its line comes by syslog like any other, stamped
a while ago, so that its term of a minute ends soon and the return is seen too. One more attacker is protected.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qingdun.lib.command import Unusable
from qingdun.logs.benches import _machine
from qingdun.operations.benches._hosts import NET, Hosts, hosts

HELP = "实测从攻击日志到达，到攻击者被 nftables 切断用多久（需要 root）"
AGO = 40.0  # seconds by which a line is stamped back; the term is a minute, so about twenty are left
LASTS = 24.0  # seconds for which an attacker keeps sending
GONE = 3.0  # seconds of silence that count as cut off
PROTECTED = f"{NET}.201"
BAR = 1.0
POLICY = """name: 实测
english: Bench
note: 一次攻击即封一分钟。
note_en: One attack, one minute.
mode: block
when: {said: device}
hits: 1
minutes: 10
term: 1
samples:
  - signals: [{source: 203.0.113.9, at: '10:00:00', attack: sql_injection}]
    decides: [{source: 203.0.113.9}]
  - signals: [{source: 203.0.113.9, at: '10:00:00', attack: sql_injection, rule: any}]
    decides: []
"""
SET_UP = """
import sys, django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from qingdun.operations.core.guards import Target
from qingdun.operations.models import Enforcer, Protected
Enforcer.objects.create(name="bench", kind="nftables", settings={"netns": sys.argv[1]})
target = Target.parse(sys.argv[2])
Protected.objects.create(address=target.text, first_key=target.first, last_key=target.last, kind="exit", reason="bench")
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--attacks", type=int, default=100, help="多少次攻击，各用一个地址，默认 100，至多 200")
    parser.add_argument("--gap", type=float, default=0.25, help="两次攻击相隔多少秒，默认 0.25")


def run(options: argparse.Namespace) -> int:
    """Exit 0 when every attacker was cut off within the bar (p99) and returned, and the protected one never was."""
    found = measure(options.attacks, options.gap)
    print(json.dumps({"machine": _machine.words()} | found, ensure_ascii=False, indent=2))
    fine = found["cut_off"] == found["returned"] == found["attacks"] and found["protected_reached"]
    return 0 if fine and found["seconds"]["p99"] <= BAR else 1


def measure(attacks: int, gap: float) -> dict[str, Any]:
    """What was seen. Raises Unusable."""
    if not 1 <= attacks <= 200 or gap <= 0:
        raise Unusable(f"--attacks {attacks} --gap {gap} 不能用：攻击 1 至 200 次，间隔须大于 0")
    addresses = [f"{NET}.{number}" for number in range(1, attacks + 1)]
    with (
        tempfile.TemporaryDirectory(prefix="qingdun-bench-") as folder,
        hosts([*addresses, PROTECTED]) as pair,
        _platform(Path(folder), pair) as port,
    ):
        return _attack([PROTECTED, *addresses], pair, port, gap, Path(folder) / "heard.json")


def _attack(addresses: list[str], pair: Hosts, port: int, gap: float, file: Path) -> dict[str, Any]:
    """Send the lines at their moments, and compare with when the victim last heard from each address."""
    with pair.hear(file) as victim:
        return _heard(addresses, pair, port, gap, file, victim)


def _heard(
    addresses: list[str], pair: Hosts, port: int, gap: float, file: Path, victim: subprocess.Popen[str]
) -> dict[str, Any]:
    start = time.monotonic() + 1.5
    moments = {address: start + number * gap for number, address in enumerate(addresses)}
    attacker = pair.send({address: at - 0.3 for address, at in moments.items()}, LASTS)
    lines: dict[str, float] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for address, at in moments.items():
            time.sleep(max(0.0, at - time.monotonic()))
            lines[address] = time.monotonic()
            out.sendto(_line(address), ("127.0.0.1", port))
    attacker.wait(LASTS + 30)
    victim.send_signal(signal.SIGTERM)
    victim.wait(10)
    return _figures(lines, json.loads(file.read_text("utf-8")))


def _figures(lines: Mapping[str, float], heard: Mapping[str, list[float]]) -> dict[str, Any]:
    took, returned = [], 0
    for address, sent in lines.items():
        times = heard.get(address, [])
        silent = [(one, following) for one, following in zip(times, times[1:], strict=False) if following - one >= GONE]
        ended = silent[0][0] if silent else times[-1] if times and times[-1] < sent + LASTS - 2 * GONE else None
        if address == PROTECTED:
            reached = ended is None and bool(times)
        elif ended is not None:
            took.append(max(0.0, ended - sent))
            returned += bool(silent)
    took.sort()
    seconds = {"p50": _at(took, 0.5), "p99": _at(took, 0.99), "max": _at(took, 1.0)}
    attacks = len(lines) - 1
    counts = {"attacks": attacks, "cut_off": len(took), "returned": returned, "protected_reached": reached}
    return counts | {"seconds": seconds, "bar": BAR}


def _at(took: list[float], share: float) -> float:
    """The nearest-rank percentile; infinite when nobody was cut off."""
    return round(took[min(len(took) - 1, int(share * len(took)))], 3) if took else float("inf")


def _line(address: str) -> bytes:
    """An access line of a web server whose clock we know, with an injection in its query."""
    at = datetime.now(UTC) - timedelta(seconds=AGO)
    stamp = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = "GET /list?id=1%27%20union%20select%201,user(),database()--%20 HTTP/1.1"
    said = f'{address} - - [{stamp}] "{request}" 200 612 "-" "Mozilla/5.0"'
    return f"<190>{at:%Y-%m-%dT%H:%M:%SZ} web nginx: {said}".encode()


@contextmanager
def _platform(home: Path, pair: Hosts) -> Iterator[int]:
    """A platform of its own: collector, committer, enforcing process; gives the port of its syslog."""
    policies = home / "content" / "operations" / "policies"
    policies.mkdir(parents=True)
    (policies / "bench.yaml").write_text(POLICY, "utf-8")
    environment = os.environ | {
        "QINGDUN_HOME": str(home),
        "QINGDUN_CONTENT": str(home / "content"),
        "QINGDUN_DATABASE_URL": "",
        "QINGDUN_BLOCK_RATE": "100000",
        "DJANGO_SETTINGS_MODULE": "qingdun.config.settings",
    }
    subprocess.run([sys.executable, "-c", SET_UP, pair.victim, PROTECTED], env=environment, check=True)
    command = [sys.executable, "-m", "qingdun.config.cli"]
    parts = (["collect", "--syslog", "0"], ["work"], ["enforce"])
    with (home / "said.log").open("wb") as log:
        running = [subprocess.Popen([*command, *part], env=environment, stdout=log, stderr=log) for part in parts]
        try:
            yield _port(home, running)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(20)


def _port(home: Path, running: list[subprocess.Popen[bytes]]) -> int:
    """The collector's UDP port once everything runs and the first line has gone through. Raises Unusable."""
    files = [home / "state" / f"{name}.json" for name in ("collector", "worker", "enforcer")]
    _await(lambda: all(file.exists() for file in files), home, running)
    doors = json.loads(files[0].read_text("utf-8"))["listeners"]
    port = next(int(door["port"]) for door in doors if door["kind"] == "udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:  # whatever is built at the first batch is built now
        out.sendto(_line("203.0.113.250"), ("127.0.0.1", port))
    _await(lambda: json.loads(files[1].read_text("utf-8"))["lines"] > 0, home, running)
    return port


def _await(true: Any, home: Path, running: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + 90
    while not true():
        if time.monotonic() > until or any(process.poll() is not None for process in running):
            said = (home / "said.log").read_text("utf-8", "replace")[-1500:]
            raise Unusable(f"平台没有起来：{said}")
        time.sleep(0.05)
