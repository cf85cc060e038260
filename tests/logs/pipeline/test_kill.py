"""Whatever is killed when: every acknowledged line is in the lake exactly once, and counted exactly once."""

from __future__ import annotations

import os
import random
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from qingdun.logs.lake import upkeep
from tests.logs.installation import Installation, wait

LINES = int(os.environ.get("QINGDUN_KILL_LINES") or 20_000)
A_REQUEST = 200
KILLS = max(1, LINES // 25_000)  # of each kind at least, all of them under load


class Sender(threading.Thread):
    """Pushes numbered lines until enough are acknowledged and enough was killed; never sends a number twice."""

    may_end = threading.Event()

    def __init__(self, installation: Installation, port: int, first: int, wanted: int) -> None:
        super().__init__(daemon=True)
        self.installation, self.port, self.next, self.wanted = installation, port, first, wanted
        self.acknowledged: list[range] = []

    def run(self) -> None:
        while len(self.acknowledged) * A_REQUEST < self.wanted or not self.may_end.is_set():
            numbers = range(self.next, self.next + A_REQUEST)
            self.next = numbers.stop
            body = "".join(f'src=192.0.2.7 act=block number={n} msg="{n % 97}"\n' for n in numbers)
            try:
                answer = self.installation.push(self.port, body.encode())
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if answer.status == 200 and answer.content == {"lines": A_REQUEST}:
                self.acknowledged.append(numbers)


def readers_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    pids = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [child for child in pids if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.process
def test_acknowledged_lines_are_stored_and_counted_once_whatever_is_killed(installation: Installation) -> None:
    chance = random.Random()
    seed = chance.randrange(2**32)
    chance.seed(seed)
    port = installation.collect("--push", "0")["http"]
    installation.start("work")
    Sender.may_end.clear()
    senders = [Sender(installation, port, first, LINES // 4) for first in range(0, 4 * 10**9, 10**9)]
    for sender in senders:
        sender.start()
    kills = {"collect": 0, "work": 0, "reader": 0}
    while any(sender.is_alive() for sender in senders):
        if min(kills.values()) >= KILLS:
            Sender.may_end.set()
        time.sleep(chance.uniform(0.05, 2.0))
        victim = chance.choice(list(kills))
        if victim == "reader":
            for reader in readers_of(installation.running["work"].pid):
                os.kill(reader, 9)
                kills["reader"] += 1
            continue
        installation.kill(victim)
        kills[victim] += 1
        if victim == "work":
            installation.start("work")
        else:
            installation.start("collect", "--syslog", "off", "--push", str(port))
        upkeep.compact(installation.lake)

    acknowledged = {n for sender in senders for numbers in sender.acknowledged for n in numbers}
    assert len(acknowledged) >= LINES
    spool = installation.home / "spool"
    end = lambda: max(int(f.name[:16], 16) + f.stat().st_size for f in spool.glob("*.seg"))  # noqa: E731
    wait(lambda: int((spool / "committed").read_text()) >= end(), 120, installation.said)
    installation.stop()

    numbers = installation.events()["event.original"].str.extract(r"number=(\d+)").cast(int).to_list()
    assert len(numbers) == len(set(numbers)), f"doubled, seed {seed}, {kills}"
    assert acknowledged <= set(numbers), f"lost {len(acknowledged - set(numbers))}, seed {seed}, {kills}"
    counted = installation.ask(
        "from qingdun.logs.models import Batch, HourTally, Source\nfrom django.db.models import Sum\n"
        "answer = [HourTally.objects.all().totals(), Batch.objects.aggregate(lines=Sum('lines'))['lines']]"
    )
    assert counted[0]["lines"] == counted[1] == len(numbers), f"seed {seed}, {kills}"
    print(f"{len(acknowledged)} acknowledged, {len(numbers)} stored once each; killed {kills}")
