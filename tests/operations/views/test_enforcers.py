from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from qingdun.operations import actions, shown
from qingdun.operations.models import Enforcer, Placement

COMMON = {"name": "设备", "directions": "inbound", "capacity": "100", "on": "on"}


@pytest.fixture
def manager(visitor: Callable[..., Any]) -> Any:
    return visitor("security_officer")


def test_the_form_of_every_kind_is_made_from_its_file(manager: Any) -> None:
    for key, kind in shown.kinds().found.items():
        page = manager.get(f"/operations/enforcers/new/{key}").content.decode()
        for one in (*kind.fields, *kind.secrets):
            assert f'name="set_{one.key}"' in page, (key, one.key)


def test_a_secret_is_named_and_never_typed(manager: Any) -> None:
    kind = next(one for one in shown.kinds().found.values() if one.secrets)
    fields = {f"set_{one.key}": one.default or "192.0.2.50" for one in kind.fields}
    secret = f"set_{kind.secrets[0].key}"
    named = {f"set_{one.key}": "QINGDUN_FW_PASSWORD" for one in kind.secrets}
    page = manager.post(f"/operations/enforcers/new/{kind.key}", {**COMMON, **fields, **named, secret: "hunter2!"})
    assert "只写环境变量名" in page.content.decode()
    assert not Enforcer.objects.exists()


def test_a_device_is_entered_and_changed(manager: Any) -> None:
    given = {**COMMON, "set_form": "panos", "set_lists": "2"}
    assert manager.post("/operations/enforcers/new/feed", given).status_code == 302
    device = Enforcer.objects.get()
    assert device.settings == {"form": "panos", "lists": "2"}
    wrong = manager.post(f"/operations/enforcers/{device.pk}/edit", {**given, "set_lists": "99", "reason": "x"})
    assert wrong.status_code == 200
    manager.post(f"/operations/enforcers/{device.pk}/edit", {**given, "capacity": "9", "reason": "换型号"})
    device.refresh_from_db()
    assert (device.capacity, device.settings["lists"]) == (9, "2")


def test_a_key_is_shown_once(manager: Any) -> None:
    device = Enforcer.objects.create(name="出口", kind="feed", settings={"form": "fortigate"})
    page = manager.post(f"/operations/enforcers/{device.pk}/token").content.decode()
    device.refresh_from_db()
    key = page.split('class="secret-once">')[1].split("<")[0]
    assert sha256(key.encode()).hexdigest() == device.token_digest
    assert "/operations/feeds/1.txt" in page and f"set password {key}" in page
    assert key not in manager.get(f"/operations/enforcers/{device.pk}/").content.decode()


def test_a_work_order_is_answered_by_the_one_who_did_it(
    manager: Any, visitor: Callable[..., Any], officer: Any, tomorrow: datetime
) -> None:
    device = Enforcer.objects.create(name="天幕", kind="work_order")
    (block,) = actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    order = Placement.objects.create(block=block, enforcer=device, changed=timezone.now())
    duty = visitor("duty_officer")
    assert "请封禁" in duty.get(f"/operations/enforcers/{device.pk}/").content.decode()
    duty.post(f"/operations/placements/{order.pk}/answer", {"done": "yes", "text": "策略 31"})
    order.refresh_from_db()
    assert order.state == "placed" and "策略 31" in order.answer
    page = duty.get(f"/operations/blocks/{block.pk}/").content.decode()
    assert "天幕" in page and "策略 31" in page
