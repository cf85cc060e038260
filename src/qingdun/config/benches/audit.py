"""What the audit chain costs a bulk change: the same 10,000 hosts changed with an entry for each and without any.

Both in one run and one database, turn by turn, everything else the same: the hosts are read, changed through
`inventory.actions.change_many` (which keeps their history), committed. Bar: the chain adds no more than 20 %.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from qingdun.lib.command import Unusable
from qingdun.logs.benches import _machine
from qingdun.logs.benches._platform import say

HELP = "实测审计链让批量改动慢多少：同一批主机，逐条入链与完全不记，轮流各改若干遍"
BAR = 0.20
SYSTEMS = ("openEuler 22.03", "麒麟 V10")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hosts", type=int, default=10_000, help="一次改多少台主机，默认 10,000")
    parser.add_argument("--runs", type=int, default=5, help="各改几遍，默认 5")
    parser.add_argument("--database", default="", help="在这个空的 PostgreSQL 库里测；不给则用临时的 SQLite")


def run(options: argparse.Namespace) -> int:
    if options.hosts < 1 or options.runs < 2:
        raise Unusable("--hosts 至少为 1，--runs 至少为 2")
    home = Path(tempfile.mkdtemp(prefix="qingdun-bench-"))
    os.environ |= {"QINGDUN_HOME": str(home), "QINGDUN_DATABASE_URL": options.database, "QINGDUN_CHECKPOINTS": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "qingdun.config.settings"
    try:
        return _measure(options.hosts, options.runs)
    finally:
        shutil.rmtree(home)


def _measure(hosts: int, runs: int) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    by = _city(hosts)
    say(f"机器：{_machine.words()}")
    say(f"输入：{hosts:,} 台主机一次改两个字段，{connection.vendor}，各 {runs} 遍轮流；秒")
    taken: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(-1, runs):  # the first turn warms up
        for chained in (False, True):
            seconds = _change(by, SYSTEMS[turn % 2] + f" {turn}{chained}", chained)
            if turn >= 0:
                taken[chained].append(seconds)
    without, with_chain = median(taken[False]), median(taken[True])
    added = with_chain / without - 1
    for words, chained in (("不记审计", False), ("逐条入链", True)):
        times = taken[chained]
        say(f"{words}：中位 {median(times):.2f}（{min(times):.2f}–{max(times):.2f}）")
    say(f"每条 {(with_chain - without) / hosts * 1e6:.0f} 微秒；审计链使批量改动慢 {added:.1%}，上限 {BAR:.0%}")
    return 0 if _holds() else 1


def _city(hosts: int) -> Any:
    from django.utils import timezone

    from qingdun.access.actions import create_account, create_unit
    from qingdun.access.models import Grant, Person
    from qingdun.inventory.actions import enter
    from qingdun.inventory.models import Host

    city = create_unit("city", "云河市", "city", None, by=None)
    person = Person.objects.create(name="钱二", unit=city)
    by = create_account("qianer", person, "bench-Only-4-this-run", by=None, must_change=False)
    today = timezone.localdate()
    Grant.objects.create(account=by, role="security_officer", unit=city, starts=today, ends=today)
    numbers = range(hosts)
    enter(
        [
            Host(name=f"web-{n}", address=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", unit=city, registered=today)
            for n in numbers
        ],
        by=by,
    )
    return by


def _change(by: Any, system: str, chained: bool) -> float:
    """Seconds for all of it, the commit included."""
    from copy import copy

    from django.db import transaction

    from qingdun import audit
    from qingdun.inventory.actions import change_many
    from qingdun.inventory.models import Host

    begun = time.perf_counter()
    with transaction.atomic():
        before = list(Host.objects.select_related("unit").order_by("pk"))
        after = [copy(host) for host in before]
        for host in after:
            host.operating_system, host.name = system, f"{host.name.split('/')[0]}/{system[-6:]}"
        change_many(list(zip(before, after, strict=True)), by=by, reason="统一升级", audited=False)
        if chained:
            acts = (
                (new, {"operating_system": (old.operating_system, new.operating_system), "name": (old.name, new.name)})
                for old, new in zip(before, after, strict=True)
            )
            audit.record_many(by, "inventory.edit", acts, "统一升级")
    return time.perf_counter() - begun


def _holds() -> bool:
    """The chain that was measured is a chain."""
    from qingdun.audit.verify import verify

    return verify().whole
