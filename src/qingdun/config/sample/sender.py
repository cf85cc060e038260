"""The sample's day of lines, sent through the real collector as devices would: syslog over TCP, one line a record."""

from __future__ import annotations

import socket
import sys
import time
from random import Random

from django.utils import timezone

from qingdun.config.sample.city import plan
from qingdun.config.sample.lines import lines, since
from qingdun.lib.command import Unusable

STEP = 500
PATIENCE = 20.0
PAUSE = 2.0


def send(size: str, port: int) -> int:
    """Send the day up to now to a collector on this machine; how many lines went. Raises Unusable.

    Progress goes to standard error: a running count on a terminal, one line at the end otherwise.
    """
    city, now = plan(size), timezone.localtime()
    parcel: list[bytes] = []
    with _connect(port) as collector:
        for number, line in enumerate(lines(city, now), 1):
            parcel.append(line + b"\n")
            if len(parcel) == STEP or number == city.lines:
                collector.sendall(b"".join(parcel))
                parcel.clear()
                _show(number, city.lines)
    return city.lines


def go_on(size: str, port: int) -> None:
    """Keep sending what happens from now on, until the platform stops: the sample's sources never fall silent."""
    city, dice, last = plan(size), Random(), timezone.localtime()
    while True:
        try:
            with _connect(port) as collector:
                while True:
                    time.sleep(PAUSE)
                    began, last = last, timezone.localtime()
                    collector.sendall(b"".join(line + b"\n" for line in since(city, began, last, dice)))
        except OSError:  # the collector was restarted
            continue


def _connect(port: int) -> socket.socket:
    """The collector may still be starting: try for `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except OSError as error:
            if time.monotonic() > deadline:
                raise Unusable(f"样例日志发不出去：127.0.0.1:{port} 没有采集程序应答（{error.strerror}）") from None
            time.sleep(0.1)


def _show(done: int, total: int) -> None:
    ending = "\n" if done == total else ""
    if sys.stderr.isatty():
        print(f"\r正在发送样例日志 {done:,}/{total:,}", end=ending, file=sys.stderr, flush=True)
    elif done == total:
        print(f"已发送样例日志 {total:,} 条", file=sys.stderr)
