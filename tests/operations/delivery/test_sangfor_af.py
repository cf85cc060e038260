from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.operations import actions
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Enforcer, Placement
from tests.operations.delivery.sangfor_box import Box, box

pytestmark = pytest.mark.django_db
P = Placement.State


@pytest.fixture
def firewall(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Box, Runner]]:
    monkeypatch.setenv("AF_PASSWORD", "s3cret")
    with box() as (made, url):
        settings = {"url": url, "user": "api", "password": "AF_PASSWORD"}
        device = Enforcer.objects.create(name="AF", kind="sangfor_af", settings=settings)
        yield made, Runner(device.pk)


def block(officer: Any, *addresses: str, hours: int = 24) -> Any:
    return actions.block(
        addresses, by=officer, reason="扫描", until=timezone.now() + timedelta(hours=hours, seconds=-5)
    )


def states() -> dict[str, str]:
    return dict(Placement.objects.values_list("block__address", "state"))


def test_addresses_are_blocked_and_taken_off(firewall: tuple[Box, Runner], officer: Any) -> None:
    device, runner = firewall
    one, _two = block(officer, "198.51.100.7", "198.51.100.8")
    runner.turn(timezone.now())
    assert device.blocked == {"198.51.100.7": "1d", "198.51.100.8": "1d"}
    actions.lift(one, by=officer, reason="误封")
    runner.turn(timezone.now())
    assert list(device.blocked) == ["198.51.100.8"]
    assert states() == {"198.51.100.7": P.GONE, "198.51.100.8": P.PLACED}


def test_its_white_list_is_shown_and_not_pressed(firewall: tuple[Box, Runner], officer: Any) -> None:
    device, runner = firewall
    device.white = {"198.51.100.7"}
    block(officer, "198.51.100.7", "198.51.100.8")
    runner.turn(timezone.now())
    assert states() == {"198.51.100.7": P.REFUSED, "198.51.100.8": P.PLACED}
    assert "白名单" in Placement.objects.get(state=P.REFUSED).answer


def test_an_ended_session_is_opened_again(firewall: tuple[Box, Runner], officer: Any) -> None:
    device, runner = firewall
    block(officer, "198.51.100.7")
    runner.turn(timezone.now())
    device.tokens.clear()  # ten minutes of silence
    block(officer, "198.51.100.8")
    runner.turn(timezone.now())
    assert set(device.blocked) == {"198.51.100.7", "198.51.100.8"}
    assert device.logins == 2


def test_a_wrong_password_is_said_in_the_devices_words(
    firewall: tuple[Box, Runner], officer: Any, monkeypatch: Any
) -> None:
    device, runner = firewall
    monkeypatch.setenv("AF_PASSWORD", "wrong")
    block(officer, "198.51.100.7")
    runner.turn(timezone.now())
    row = Enforcer.objects.get()
    assert "用户名或密码错误" in row.failure
    assert states() == {"198.51.100.7": P.FAILED}
    assert device.blocked == {}


def test_a_long_list_goes_and_comes_in_pages(firewall: tuple[Box, Runner], officer: Any) -> None:
    device, runner = firewall
    block(officer, *(f"203.0.{113 + n // 250}.{n % 250 + 1}" for n in range(450)))
    runner.turn(timezone.now())
    assert (len(device.blocked), device.longest) == (450, 200)
    actions.read_back(Enforcer.objects.get(), by=officer)
    device.pages = 0
    runner.turn(timezone.now())
    assert device.pages == 3
    assert Enforcer.objects.get().drift == 0


def test_what_others_blocked_there_is_left_and_what_is_lost_is_put_back(
    firewall: tuple[Box, Runner], officer: Any
) -> None:
    device, runner = firewall
    block(officer, "198.51.100.7")
    runner.turn(timezone.now())
    device.blocked = {"192.0.2.99": "3d"}
    actions.read_back(Enforcer.objects.get(), by=officer)
    runner.turn(timezone.now())
    row = Enforcer.objects.get()
    assert (row.drift, row.foreign) == (1, 1)
    assert set(device.blocked) == {"192.0.2.99", "198.51.100.7"}
