"""From a TCP connection to the lake, all of it on one core: lines a second, beside rsyslog writing them to a file.

The clock runs from the first byte sent until the last line stands in a committed version of the lake (rsyslog: until
the last byte stands in its file). The sender is on another core where there is one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from qingdun.lib.command import Unusable
from qingdun.logs.benches import _machine
from qingdun.logs.benches._lines import KINDS, lines
from qingdun.logs.benches._platform import platform, say, wait_for

HELP = "实测一个核心每秒采集、读取并入湖多少行，同场对照 rsyslog 写文件"
AIM = 60_000  # DESIGN §8; the first bar is 30,000
PATIENCE = 600.0
WARM = 20_000  # lines sent before the clock starts


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one run, on the clock and on the processor."""

    wall: float
    cpu: float


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=300_000, help="每种日志发多少行，默认 300,000")
    parser.add_argument("--runs", type=int, default=3, help="每种测几遍，默认 3")


def run(options: argparse.Namespace) -> int:
    if options.lines < 1 or options.runs < 1:
        raise Unusable("--lines 与 --runs 至少为 1")
    core = _keep_off_one_core()
    peer = shutil.which("rsyslogd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    bodies = {kind: lines(kind, options.lines) for kind in KINDS}
    say(f"机器：{_machine.words()}")
    say(f"输入：每种 {options.lines:,} 行，经 TCP；被测的全部进程固定在一个核心上，各测 {options.runs} 遍，轮流进行")
    say(f"对照：{_version(peer) if peer else '本机没有 rsyslogd，未测'}（imptcp → omfile，不解析字段、不落盘同步）")
    say("每秒行数：中位（最少–最多）；每核秒：每占用处理器一秒处理的行数")
    reached = {kind: _measure(kind, body, options, core, peer) for kind, body in bodies.items()}
    slowest = min(reached, key=lambda kind: reached[kind])
    say(f"目标 {AIM:,} 行/核秒；最慢的是 {KINDS[slowest]}，达到 {reached[slowest] / AIM:.0%}")
    return 0


def _measure(kind: str, body: bytes, options: argparse.Namespace, core: int, peer: str | None) -> float:
    ours: list[Run] = []
    theirs: list[Run] = []
    for _turn in range(options.runs):
        ours.append(_ours(kind, body, options.lines, core))
        if peer:
            theirs.append(_rsyslog(body, core, peer))
    say(f"{KINDS[kind]}（平均 {len(body) / options.lines:.0f} 字节）")
    say(f"  清盾     {_words(ours, options.lines)}")
    if theirs:
        say(f"  rsyslog  {_words(theirs, options.lines)}")
    return float(options.lines / median(one.cpu for one in ours))


def _words(runs: list[Run], count: int) -> str:
    rates = [count / one.wall for one in runs]
    per_core = count / median(one.cpu for one in runs)
    return f"{median(rates):>9,.0f} 行/秒（{min(rates):,.0f}–{max(rates):,.0f}），{per_core:>9,.0f} 行/核秒"


def _ours(kind: str, body: bytes, count: int, core: int) -> Run:
    with platform(core) as running:
        port = running.door("tcp")["port"]
        _send(port, lines(kind, WARM))
        wait_for(lambda: running.stored() >= WARM, PATIENCE, "预热的行没有入湖")
        cpu, began = running.cpu_seconds(), time.monotonic()
        _send(port, body)
        wait_for(lambda: running.stored() >= WARM + count, PATIENCE, f"{PATIENCE:.0f} 秒内没有全部入湖")
        return Run(time.monotonic() - began, running.cpu_seconds() - cpu)


def _rsyslog(body: bytes, core: int, program: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="qingdun-bench-") as name:
        folder, port = Path(name), _free_port()
        (folder / "conf").write_text(
            'module(load="imptcp")\n'
            f'input(type="imptcp" address="127.0.0.1" port="{port}" SupportOctetCountedFraming="off")\n'
            'template(name="raw" type="string" string="%rawmsg%\\n")\n'
            f'action(type="omfile" file="{folder}/out" template="raw")\n',
            "utf-8",
        )
        command = [program, "-n", "-f", str(folder / "conf"), "-i", str(folder / "pid")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            os.sched_setaffinity(process.pid, {core})
            wait_for(lambda: _listens(port), 20, "rsyslogd 没有启动")
            before, began = os.times(), time.monotonic()
            _send(port, body)
            wait_for(lambda: _size(folder / "out") >= len(body), PATIENCE, "rsyslogd 没有写完")
            wall = time.monotonic() - began
        finally:
            process.terminate()
            process.wait()
        after = os.times()
        return Run(wall, sum(after[2:4]) - sum(before[2:4]))


def _send(port: int, body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(body)


def _keep_off_one_core() -> int:
    """Leave one core to what is measured, and stay on the others."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[:-1]))
    return cores[-1]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _version(program: str) -> str:
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2]).rstrip(",")
