"""Lists that are fetched or read, and work orders that people carry out."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from qingdun.lib.home import home
from qingdun.operations import actions
from qingdun.operations.delivery import feed
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Enforcer, Placement

pytestmark = pytest.mark.django_db
P = Placement.State


def block(officer: Any, *addresses: str) -> Any:
    return actions.block(addresses, by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))


def test_a_list_is_written_and_counts_as_placed_when_it_was_fetched(officer: Any) -> None:
    device = Enforcer.objects.create(name="FG", kind="feed", settings={"form": "panos", "lists": "2"}, capacity=2)
    digest = sha256(actions.new_token(device, by=officer).encode()).hexdigest()
    runner = Runner(device.pk)
    block(officer, "198.51.100.7", "198.51.100.8", "198.51.100.9")
    runner.turn(timezone.now())
    files = [feed.folder() / f"{digest}-{number}.txt" for number in (1, 2)]
    assert sorted(file.read_text() for file in files) == ["198.51.100.8/32\n", "198.51.100.9/32\n"]
    assert sorted(Placement.objects.values_list("state", flat=True)) == [P.LEFT_OUT, P.PENDING, P.PENDING]
    seen = feed.folder() / f"{digest}.seen"
    seen.touch()
    os.utime(seen, (time.time() + 5, time.time() + 5))
    runner.turn(timezone.now())
    assert sorted(Placement.objects.values_list("state", flat=True)) == [P.LEFT_OUT, P.PLACED, P.PLACED]
    feed.clear(set())
    assert not files[0].exists()


def test_the_same_list_keeps_its_time(officer: Any) -> None:
    file = feed.folder() / "same.txt"
    feed.replace(file, "a\n")
    os.utime(file, (1, 1))
    feed.replace(file, "a\n")
    assert file.stat().st_mtime == 1
    feed.replace(file, "b\n")
    assert file.stat().st_mtime > 1
    file.unlink()


def test_a_csv_is_written_whole(officer: Any) -> None:
    device = Enforcer.objects.create(name="CSV", kind="csv_file", settings={"file": "out.csv"})
    runner = Runner(device.pk)
    (one, _two) = block(officer, "198.51.100.7", "198.51.100.8")
    runner.turn(timezone.now())
    actions.lift(one, by=officer, reason="误封")
    runner.turn(timezone.now())
    text = (home() / "exports" / "out.csv").read_text()
    assert "198.51.100.8" in text
    assert "198.51.100.7" not in text


def test_a_person_enters_what_was_done_by_hand(officer: Any) -> None:
    device = Enforcer.objects.create(name="天幕", kind="work_order")
    runner = Runner(device.pk)
    (row,) = block(officer, "198.51.100.7")
    runner.turn(timezone.now())
    order = Placement.objects.get()
    assert (order.state, order.answer) == (P.PENDING, "等待人工在设备上封禁")
    actions.answer(order, True, "已在控制台添加", by=officer)
    runner.turn(timezone.now())
    assert Placement.objects.get().state == P.PLACED
    actions.lift(row, by=officer, reason="误封")
    runner.turn(timezone.now())
    assert Placement.objects.get().state == P.LEAVING
    actions.answer(Placement.objects.get(), True, "已移除", by=officer)
    assert Placement.objects.get().state == P.GONE
