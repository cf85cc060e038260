"""Syslog over UDP on loopback: a steady rate through to the lake without loss, then an overload whose loss is counted.

For the overload the collector is halted while more arrives than the kernel can hold; afterwards every datagram must
be accounted for: sent = received + lost.
"""

from __future__ import annotations

import argparse
import signal
import socket
import time

from qingdun.lib.command import Unusable
from qingdun.logs.benches import _machine
from qingdun.logs.benches._lines import lines
from qingdun.logs.benches._platform import Platform, platform, say, wait_for
from qingdun.logs.collect.udp import BUFFER_BYTES

HELP = "实测 UDP 稳定速率下有无丢失，并以过载验证丢失计数"
STEP = 0.01  # seconds between two bursts of the sender
SETTLES_WITHIN = 120.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=int, default=10_000, help="每秒发多少条，默认 10,000")
    parser.add_argument("--seconds", type=float, default=60.0, help="发多少秒，默认 60")


def run(options: argparse.Namespace) -> int:
    if options.rate < 100 or options.seconds <= 0:
        raise Unusable("--rate 至少为 100，--seconds 须大于 0")
    datagrams = lines("pairs", 10_000).splitlines()
    say(f"机器：{_machine.words()}")
    with platform() as running:
        lossless = _steady(running, datagrams, options.rate, options.seconds)
    with platform() as running:
        accounted = _overload(running, datagrams)
    return 0 if lossless and accounted else 1


def _steady(running: Platform, datagrams: list[bytes], rate: int, seconds: float) -> bool:
    began = time.monotonic()
    with _towards(running) as sock:
        sent = _paced(sock, datagrams, rate, seconds)
    taken = time.monotonic() - began
    door = _settled(running, sent)
    wait_for(lambda: running.stored() >= door["received_lines"], SETTLES_WITHIN, "收到的没有全部入湖")
    say(
        f"稳定：{taken:.0f} 秒发出 {sent:,} 条（{sent / taken:,.0f} 条/秒），收到 {door['received_lines']:,}，"
        f"丢失 {door['lost']:,}，入湖 {running.stored():,}"
    )
    return bool(running.stored() == sent and door["lost"] == 0)


def _paced(sock: socket.socket, datagrams: list[bytes], rate: int, seconds: float) -> int:
    began, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        for _ in range(int(rate * elapsed) - sent):
            sock.send(datagrams[sent % len(datagrams)])
            sent += 1
        time.sleep(STEP)
    return sent


def _overload(running: Platform, datagrams: list[bytes]) -> bool:
    """The kernel reckons more than a page for each datagram, so this is several times what its buffer holds."""
    sent = 4 * BUFFER_BYTES // 1024
    running.collector.send_signal(signal.SIGSTOP)
    with _towards(running) as sock:
        for number in range(sent):
            sock.send(datagrams[number % len(datagrams)])
    running.collector.send_signal(signal.SIGCONT)
    door = _settled(running, sent)
    received, lost = door["received_lines"], door["lost"]
    sums = "合计相符" if received + lost == sent else f"差 {sent - received - lost:,}"
    say(f"过载：采集停住时发出 {sent:,} 条，恢复后收到 {received:,}，计为丢失 {lost:,}，{sums}")
    return bool(lost > 0 and received + lost == sent)


def _settled(running: Platform, sent: int) -> dict[str, int]:
    """The UDP door once it has accounted for everything, or has stopped changing."""
    until = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < until:
        door = running.door("udp")
        if door["received_lines"] + door["lost"] >= sent:
            break
        time.sleep(0.2)
    return door


def _towards(running: Platform) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", running.port))
    return sock
