"""A day of blocking: a proposal is accepted, a wide block waits for a second person, a device shows both, one goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from qingdun.operations import actions
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Block, Enforcer, Placement


def test_a_day_of_blocking(open_page: Callable[..., Page], make_account: Callable[..., Any]) -> None:
    manager, officer = make_account("security_officer"), make_account("duty_officer")
    device = Enforcer(name="出口网关", kind="csv_file", settings={"file": "gateway.csv"})
    actions.add_enforcer(device, by=manager)
    until = timezone.now() + timedelta(days=1)
    actions.propose(["203.0.113.9"], by=manager, reason="多台设备拦截二十次", until=until)
    duty, second = open_page(officer), open_page(manager)

    # The proposal is chosen in the list and accepted with a reason.
    duty.goto("/operations/blocks/?state=proposed")
    duty.get_by_role("row", name="203.0.113.9").get_by_role("checkbox").check()
    duty.get_by_role("button", name="采纳", exact=True).click()
    duty.get_by_label("理由").fill("核实无业务往来")
    duty.get_by_role("button", name="采纳候选").click()
    expect(duty.locator("main")).to_contain_text("已采纳")

    # A network is looked at first, then asked for, and waits: whoever asked does not decide.
    duty.goto("/operations/blocks/new")
    duty.get_by_label("地址或网段").fill("198.51.100.0/28 127.0.0.1")
    duty.get_by_label("理由").fill("整段轮流扫描")
    duty.get_by_role("button", name="核对").click()
    expect(duty.locator("main")).to_contain_text("须第二人审批")
    expect(duty.locator("main")).to_contain_text("不能封禁")
    duty.get_by_role("button", name="封禁 1 个地址").click()
    expect(duty.locator("main")).to_contain_text("待审批")
    second.goto("/powers/approvals/")
    second.get_by_role("link", name="198.51.100.0/28").first.click()
    second.get_by_role("button", name="同意", exact=True).click()
    expect(second.locator("main")).to_contain_text("已同意")

    # The device takes both, and its page shows them.
    Runner(device.pk).turn(timezone.now())
    duty.goto(f"/operations/enforcers/{device.pk}/")
    for address in ("203.0.113.9", "198.51.100.0/28"):
        expect(duty.get_by_role("row", name=address)).to_contain_text("已生效")

    # One turns out to be honest: it is unblocked with a reason, and leaves the device.
    duty.get_by_role("link", name="203.0.113.9").click()
    duty.locator("form[action$='/lift'] textarea").fill("是合作单位的巡检")
    duty.get_by_role("button", name="解封", exact=True).click()
    expect(duty.locator("main")).to_contain_text("是合作单位的巡检")
    Runner(device.pk).turn(timezone.now())
    lifted = Block.objects.get(address="203.0.113.9")
    assert Placement.objects.get(block=lifted).state == "gone"
    duty.goto("/operations/blocks/?covers=203.0.113.9")
    expect(duty.get_by_role("row", name="203.0.113.9")).to_contain_text("已解封")
