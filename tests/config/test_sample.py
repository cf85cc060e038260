"""The sample city: its numbers, that nothing in it is real, its accounts, and its day of device lines."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections import Counter
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from django.utils import timezone

from qingdun.access.models import Account, Unit
from qingdun.access.policy import Scope, scope
from qingdun.access.roster import roles
from qingdun.audit.models import Entry
from qingdun.config.sample import load, send
from qingdun.config.sample.city import plan
from qingdun.config.sample.lines import SHARES, lines, since
from qingdun.inventory.indicators import INDICATORS
from qingdun.inventory.models import Address, Host, SecurityDevice, Site
from qingdun.lib import sample
from qingdun.lib.command import Unusable
from qingdun.logs.models import Source

NOW = datetime(2026, 5, 6, 15, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
INSIDE = ip_network("10.0.0.0/8")
OUTSIDE = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]


@pytest.fixture
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))


@pytest.fixture
def _loaded(_home: None, db: None, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        load("small")


@pytest.mark.usefixtures("_loaded")
def test_the_city_has_the_numbers_of_the_issue_and_a_few_gaps() -> None:
    today = timezone.localdate()
    counts = {one.key: one.count(today, Scope("inventory.view", ("/",))) for one in INDICATORS}
    shown = {key: (count.value, count.denominator) for key, count in counts.items()}
    assert shown == {
        "units": (31, None),
        "systems_provisioned": (253, None),
        "hosts": (1217, None),
        "internet_facing_systems": (107, None),
        "agent_coverage": (1209, 1217),
        "waf_coverage": (104, 107),
        "golive_ready": (106, None),
        "golive_submitted": (74, 106),
        "golive_passed": (40, 74),
        "differences_open": (8, None),
    }
    assert {unit.path.count("/") for unit in Unit.objects.all()} == {2, 3, 4}
    assert Site.objects.filter(waf_since=None).count() == 3


@pytest.mark.usefixtures("_loaded")
def test_nothing_in_it_could_be_real() -> None:
    primary = [str(address) for address in Host.objects.values_list("address", flat=True)]
    further = [address for more in Host.objects.values_list("further", flat=True) for address in more]
    devices = [str(address) for address in SecurityDevice.objects.values_list("address", flat=True)]
    assert all(ip_address(address) in INSIDE for address in primary + devices)
    assert all(any(ip_address(address) in net for net in OUTSIDE) for address in further)
    assert all(domain.endswith(".example.cn") for domain in Site.objects.values_list("domain", flat=True))
    assert Address.objects.count() == len(primary) + len(further)


@pytest.mark.usefixtures("_loaded")
def test_every_role_can_sign_in_with_what_the_login_page_shows() -> None:
    accounts = sample.accounts()
    assert {account.role for account in accounts} == set(roles())
    for account in accounts:
        signed_in = authenticate(RequestFactory().post("/"), username=account.username, password=account.password)
        assert isinstance(signed_in, Account)
        assert not signed_in.must_change_password
    contacts = [Account.objects.get(username=one.username) for one in accounts if one.role == "unit_contact"]
    scopes = [scope(contact, "inventory.view").paths for contact in contacts]
    assert len(set(scopes)) == 2
    assert ("/",) not in scopes


@pytest.mark.usefixtures("_loaded")
def test_the_accounts_are_for_the_owner_of_the_installation_alone(tmp_path: Path) -> None:
    file = tmp_path / "sample"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text("utf-8"))) == len(sample.accounts())


@pytest.mark.usefixtures("_loaded")
def test_the_register_enters_as_one_audited_bulk() -> None:
    (bulk,) = Entry.objects.filter(subject="样例城市")
    assert json.loads(bulk.changes)["hosts"] == [0, 1217]
    assert Entry.objects.count() < 100


@pytest.mark.usefixtures("_loaded")
def test_senders_are_registered_but_for_a_few() -> None:
    known = {address.encode() for address in Source.objects.values_list("address", flat=True)}
    heard: Counter[bytes] = Counter()
    for line in lines(plan("small"), NOW):
        heard[next((word for word in line.split()[:7] if word in known), b"")] += 1
    assert set(heard) == known | {b""}
    assert 0 < heard[b""] < 1000  # two hosts, a nameless box and lines without a header wait for a person


@pytest.mark.usefixtures("_home")
def test_a_real_installation_has_no_such_accounts(tmp_path: Path) -> None:
    assert sample.accounts() == []
    (tmp_path / "sample").touch()  # the supervisor marks the installation before it is filled
    assert sample.accounts() == []


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(Unusable, match="没有样例 “huge”；可选：small"):
        plan("huge")


def test_the_day_is_the_same_every_time_and_follows_the_office_clock() -> None:
    city = plan("small")
    day = list(lines(city, NOW))
    assert day == list(lines(city, NOW))
    assert len(day) == city.lines == 20_000
    hours = Counter(line.split(b":")[0][-2:] for line in day if line.startswith(b"<190>May"))  # nginx and H3C
    assert hours[b"10"] > 4 * hours[b"03"]


def test_the_day_speaks_of_the_citys_own_machines_in_many_formats() -> None:
    city = plan("small")
    day = list(lines(city, NOW))
    names = {host.name.encode() for host in city.hosts} | {device.name.encode() for device in city.devices}
    speakers = Counter(next((word for word in line.split()[:7] if word in names), b"") for line in day)
    assert len(speakers) > 12
    assert 0 < speakers[b""] < 0.02 * len(day)  # lines no format knows
    assert len(SHARES) - 1 >= 6
    gbk = [line for line in day if b"yl-fw-04" in line and b"\xd4\xb4IP" in line]
    assert all("源IP" in line.decode("gb18030") for line in gbk)
    assert len(gbk) > 100
    assert not any(b"\n" in line for line in day)


def test_times_lie_within_the_last_day_and_rise() -> None:
    stamps = [line.split(b" ")[1] for line in lines(plan("small"), NOW) if b" event - - - : " in line]  # RFC 5424
    times = [datetime.fromisoformat(stamp.decode()) for stamp in stamps]
    assert times == sorted(times)
    assert NOW - timedelta(days=1, minutes=1) <= times[0] <= times[-1] <= NOW


@pytest.mark.usefixtures("_home")
def test_every_line_reaches_a_collector_once(capsys: pytest.CaptureFixture[str]) -> None:
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_drain, args=(server, received))
        thread.start()
        sent = send("small", server.getsockname()[1])
        thread.join(10)
    assert received.count(b"\n") == sent == 20_000
    assert "已发送样例日志 20,000 条" in capsys.readouterr().err


def _drain(server: socket.socket, into: bytearray) -> None:
    connection, _ = server.accept()
    with connection:
        while chunk := connection.recv(1 << 16):
            into += chunk


def test_without_a_collector_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingdun.config.sample.sender.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unusable, match=f"127.0.0.1:{port} 没有采集程序应答"):
        send("small", port)


def test_the_city_goes_on_at_the_pace_of_the_hour() -> None:
    city = plan("small")
    night, noon = NOW.replace(hour=3, minute=0), NOW.replace(hour=10, minute=0)
    sent = {at.hour: list(since(city, at - timedelta(minutes=10), at, Random(7))) for at in (night, noon)}
    assert 10 < len(sent[3]) * 5 < len(sent[10])
    assert all(line.strip() and b"\n" not in line for line in sent[10])
