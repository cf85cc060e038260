"""Against the real nft, in a network namespace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.operations import actions
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Block, Enforcer, Placement
from tests.operations.delivery import netns

pytestmark = [pytest.mark.django_db, pytest.mark.process]
P = Placement.State


@pytest.fixture
def space() -> Iterator[str]:
    netns.require()
    with netns.namespace(f"qd-nft-{os.getpid()}") as name:
        yield name


@pytest.fixture
def device(space: str) -> Enforcer:
    return Enforcer.objects.create(name="边界", kind="nftables", settings={"netns": space}, directions="both")


def elements(space: str) -> set[str]:
    done = netns.run("ip", "netns", "exec", space, "nft", "list", "table", "inet", "qingdun", check=False)
    words = done.stdout.replace(",", " ").split()
    return {word for word in words if word[0].isdigit() and ("." in word or ":" in word)}


def turn(device: Enforcer) -> Runner:
    runner = Runner(device.pk)
    runner.turn(timezone.now())
    return runner


def test_blocks_stand_in_the_kernel_and_leave_it(space: str, device: Enforcer, officer: Any) -> None:
    until = timezone.now() + timedelta(days=1)
    v4, v6 = actions.block(["198.51.100.7", "2001:db8::7"], by=officer, reason="扫描", until=until)
    runner = turn(device)
    assert elements(space) == {"198.51.100.7", "2001:db8::7"}
    assert set(Placement.objects.values_list("state", flat=True)) == {P.PLACED}
    actions.lift(v4, by=officer, reason="误封")
    runner.turn(timezone.now())
    assert elements(space) == {"2001:db8::7"}
    assert Placement.objects.get(block=v4).state == P.GONE
    assert Placement.objects.get(block=v6).state == P.PLACED


def test_extending_changes_the_end_in_the_kernel(space: str, device: Enforcer, officer: Any) -> None:
    soon, later = timezone.now() + timedelta(hours=1), timezone.now() + timedelta(days=2)
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=soon)
    runner = turn(device)
    actions.extend(row, later, by=officer, reason="仍在攻击")
    runner.turn(timezone.now())
    said = netns.run("ip", "netns", "exec", space, "nft", "list", "set", "inet", "qingdun", "in4").stdout
    assert "1d23h" in said or "timeout 2d" in said
    assert Placement.objects.get().told_until == later


def test_a_network_replaces_the_address_inside_it(space: str, device: Enforcer, officer: Any) -> None:
    until = timezone.now() + timedelta(days=1)
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=until)
    runner = turn(device)
    net = Block(address="198.51.100.0/28", state="standing", origin="person", reason="整段", offence=1)
    net.first_key, net.last_key = "0" * 20 + "ffffc6336400", "0" * 20 + "ffffc633640f"
    net.decided = net.valid_from = timezone.now()
    net.valid_until = until - timedelta(hours=1)  # ends before the address does
    net.save()
    runner.turn(timezone.now())
    assert elements(space) == {"198.51.100.0/28"}
    actions.lift(net, by=officer, reason="够了")
    runner.turn(timezone.now())
    assert elements(space) == {"198.51.100.7"}


def test_a_reading_finds_what_was_lost_or_added_and_repairs_it(space: str, device: Enforcer, officer: Any) -> None:
    until = timezone.now() + timedelta(days=1)
    actions.block(["198.51.100.7", "198.51.100.8"], by=officer, reason="扫描", until=until)
    runner = turn(device)
    script = "delete element inet qingdun in4 { 198.51.100.7 }\nadd element inet qingdun in4 { 203.0.113.9 }\n"
    for line in script.splitlines():
        netns.run("ip", "netns", "exec", space, "nft", line)
    actions.read_back(device, by=officer)
    runner.turn(timezone.now())
    device.refresh_from_db()
    assert device.drift == 2
    assert "198.51.100.7" in device.drift_words
    assert elements(space) == {"198.51.100.7", "198.51.100.8"}


def test_a_flushed_table_is_filled_again_at_the_next_start(space: str, device: Enforcer, officer: Any) -> None:
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    turn(device)
    netns.run("ip", "netns", "exec", space, "nft", "flush", "ruleset")
    turn(device)  # a new process
    assert elements(space) == {"198.51.100.7"}


def test_while_stopped_nothing_new_stands_but_removals_go(space: str, device: Enforcer, officer: Any) -> None:
    until = timezone.now() + timedelta(days=1)
    (old,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=until)
    runner = turn(device)
    actions.stop(by=officer, reason="误封")
    actions.block(["198.51.100.8"], by=officer, reason="扫描", until=until)
    actions.lift(old, by=officer, reason="误封")
    runner.turn(timezone.now())
    assert elements(space) == set()
    actions.resume(by=officer, reason="查明")
    runner.turn(timezone.now())
    assert elements(space) == {"198.51.100.8"}


def test_an_unreachable_device_is_shown_and_tried_again(space: str, device: Enforcer, officer: Any) -> None:
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    Enforcer.objects.update(settings={"netns": "qd-nowhere"})
    runner = turn(device)
    device.refresh_from_db()
    assert device.failure
    assert Placement.objects.get().state == P.FAILED
    Enforcer.objects.update(settings={"netns": space})
    runner.turn(timezone.now() + timedelta(seconds=2))
    assert elements(space) == {"198.51.100.7"}
    assert Placement.objects.get().state == P.PLACED


def test_a_dry_run_tells_the_device_nothing(space: str, device: Enforcer, officer: Any) -> None:
    Enforcer.objects.update(dry_run=True)
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    turn(device)
    assert elements(space) == set()
    assert Placement.objects.get().state == P.DRY


def test_what_became_protected_is_not_delivered(space: str, device: Enforcer, officer: Any, monkeypatch: Any) -> None:
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    Enforcer.objects.create(name="新设备", kind="work_order", settings={"host": "198.51.100.7"}, on=False)
    turn(device)
    assert elements(space) == set()
    assert "不得封禁" in Placement.objects.get().answer
