"""From lines in the spool to attacks and alerts, by a real committer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from qingdun.detection.models import Alert, Attack
from qingdun.logs import silence
from qingdun.logs.lake import Lake
from qingdun.logs.models import HourTally, Source
from qingdun.logs.pipeline.committer import Committer
from qingdun.logs.spool import Framing, Via
from qingdun.logs.spool.files import FileSpool
from qingdun.logs.spool.frames import entry

pytestmark = pytest.mark.django_db

FAILED = "<86>Jul 12 08:{at} web01 sshd[3310]: Failed password for root from {source} port 16220 ssh2"
WAF = (
    "<178>Jul 12 08:34:46 localhost DBAppWAF: 发生时间/2022-07-12 08:34:{second:02},威胁/高,事件/SQL注入,请求方法/GET,"
    "URL地址/portal.example.cn/list.aspx?id=1,POST数据/,服务器IP/10.20.3.20,主机名/portal.example.cn,服务器端口/80,"
    "客户端IP/198.51.100.{host},客户端端口/51234,客户端环境/-,标签/通用,动作/阻断,HTTP/S响应码/403,攻击特征串/'"
)
ASKED = '203.0.113.{host} - - [12/Jul/2022:08:57:{second:02} +0800] "GET {path} HTTP/1.1" 200 255 "-" "Mozilla/5.0" "-"'

RULE = """
title: SSH 登录失败
id: 5f5b9d9e-0001-4c7e-9d3e-2f1c00000001
name: ssh_failed
level: low
logsource: {product: linux, service: sshd}
detection:
  said: {message|contains: Failed password}
  condition: said
"""
BRUTE = """
title: SSH 口令爆破
id: 5f5b9d9e-0001-4c7e-9d3e-2f1c00000002
level: high
tags: [attack.t1110.001]
correlation:
  type: event_count
  rules: [ssh_failed]
  group-by: [source.ip]
  timespan: 5m
  condition: {gte: 5}
"""
SQL = """
title: 设备报 SQL 注入
id: 5f5b9d9e-0001-4c7e-9d3e-2f1c00000003
level: medium
logsource: {category: webserver}
detection:
  said: {url.original|contains: list.aspx}
  condition: said
"""


class Works:
    """A spool, a lake and committers over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = FileSpool(folder / "spool", floor=0)
        self.lake = Lake(folder / "lake")
        self.committer = self.start()

    def start(self) -> Committer:
        self.committer = Committer(self.spool, self.lake, every=0.05, watch=self.folder / "watch")
        return self.committer

    def take(self, *lines: str) -> None:
        """These lines in a batch of their own, to the end."""
        self.spool.append(
            [entry(Via.TCP, Framing.LINES, "192.0.2.1", "".join(f"{x}\n" for x in lines).encode())]
        ).result()
        until = time.monotonic() + 60
        while self.committer.position < self.spool.end():
            assert time.monotonic() < until
            self.committer.step()


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content folder with rules of the city."""
    rules = tmp_path / "content" / "detection" / "rules"
    rules.mkdir(parents=True)
    for name, text in (("failed", RULE), ("brute", BRUTE), ("sql", SQL)):
        (rules / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "content"))
    return rules


@pytest.fixture
def works(tmp_path: Path, city: Path) -> Iterator[Callable[[str], Works]]:
    made: list[Works] = []

    def make(name: str = "one") -> Works:
        made.append(Works(tmp_path / name))
        return made[-1]

    yield make
    for each in made:
        each.committer.close()
        each.spool.close()


def lines() -> list[str]:
    """Attacks of three sorts, and harmless traffic between them."""
    blocked = [WAF.format(second=n, host=10 + n % 3) for n in range(12)]
    guesses = [FAILED.format(at=f"40:{n:02}", source="198.51.100.77") for n in range(9)]
    asked = [ASKED.format(host=n % 4, second=n, path=f"/news/{n}.html") for n in range(20)]
    probed = [ASKED.format(host=9, second=n, path="/a.php?x=1'%20or%20'1'='1") for n in range(5)]
    return [line for some in zip(*[iter(blocked + asked)] * 2, strict=False) for line in some] + guesses + probed


def told() -> tuple[list[Any], list[Any]]:
    """Attacks and alerts as rows, without what tells one run from another."""
    attacks = Attack.objects.order_by("hour", "source", "target", "attack", "action")
    alerts = Alert.objects.order_by("rule", "grouped", "first")
    return (
        list(attacks.values_list("hour", "source", "target", "attack", "action", "hits", "first", "last", "severity")),
        list(alerts.values_list("rule", "title", "level", "grouped", "hits", "first", "last", "live", "techniques")),
    )


def forget() -> None:
    Alert.objects.all().delete()
    Attack.objects.all().delete()
    HourTally.objects.all().delete()


def test_what_devices_blocked_is_counted_alike_in_both_counters(works: Callable[..., Works]) -> None:
    works().take(*lines())
    blocked = Attack.objects.filter(action="blocked").aggregate(hits=Sum("hits"))["hits"]
    assert blocked == HourTally.objects.filter(action="blocked").aggregate(hits=Sum("hits"))["hits"] == 12
    assert Attack.objects.filter(action="blocked").count() == 3, "three sources, one target, one hour"


def test_our_own_recognition_makes_an_attack_of_a_request_nobody_blocked(works: Callable[..., Works]) -> None:
    works().take(*lines())
    found = Attack.objects.get(source="203.0.113.9")
    assert (found.attack, found.hits) == ("sql_injection", 5)


def test_alerts_are_grouped_and_carry_where_to_look(works: Callable[..., Works]) -> None:
    works().take(*lines())
    brute = Alert.objects.get(rule="5f5b9d9e-0001-4c7e-9d3e-2f1c00000002")
    assert (brute.source, brute.level, brute.techniques) == ("198.51.100.77", 4, ["T1110.001"])
    assert brute.hits == 5, "the fifth guess and each after it"
    assert len(brute.evidence) == 5
    assert brute.delay >= 0
    assert not Alert.objects.filter(rule="5f5b9d9e-0001-4c7e-9d3e-2f1c00000001"), "told by its correlation only"


def test_one_batch_or_a_hundred_give_the_same(works: Callable[..., Works]) -> None:
    works("one").take(*lines())
    at_once = told()
    assert at_once[0]
    assert at_once[1]
    forget()
    Source.objects.all().delete()
    many = works("many")
    for line in lines():
        many.take(line)
    assert told() == at_once


def test_a_restart_within_a_window_changes_nothing(works: Callable[..., Works]) -> None:
    works("one").take(*lines())
    undisturbed = told()
    forget()
    broken = works("broken")
    sent = lines()
    for begin in range(0, len(sent), 4):
        broken.take(*sent[begin : begin + 4])
        if begin % 16 == 4:
            broken.committer.close()
            broken.start()
    assert told() == undisturbed


def test_a_source_that_fell_silent_becomes_an_alert_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's line goes through the spool and the pipeline with the platform's own rules."""
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "none"))
    now = timezone.now()
    for number in (1, 2):
        Source.objects.create(
            name=f"防火墙 {number}",
            via="syslog",
            address=f"192.0.2.{number}",
            registered=True,
            last_seen=now - timedelta(hours=2),
        )
    one = Works(tmp_path / "silent")
    assert len(silence.tell(one.spool, now)) == 2
    one.take("-")
    alerts = Alert.objects.filter(attack="log_loss").order_by("target")
    assert [(alert.title, alert.target, alert.hits) for alert in alerts] == [
        ("日志源失声", "192.0.2.1", 1),
        ("日志源失声", "192.0.2.2", 1),
    ]
    one.committer.close()
    one.spool.close()
