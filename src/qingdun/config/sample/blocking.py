"""Blocking in the sample city: two devices, a protected exit, and a block in each state a duty officer meets first."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from qingdun.access.models import Account
from qingdun.operations import actions
from qingdun.operations.models import Enforcer


def fill() -> None:
    """After the accounts are there."""
    manager = Account.objects.get(username="security_officer")
    duty = Account.objects.get(username="duty_officer")
    for name, kind, settings in (
        ("出口防火墙（样例）", "feed", {"form": "fortigate", "lists": "1"}),
        ("天幕（样例）", "work_order", {}),
    ):
        device = Enforcer(name=name, kind=kind, settings=settings, dry_run=kind == "feed")
        actions.add_enforcer(device, by=manager, reason="建立样例")
    actions.protect("198.51.100.240/28", "exit", "政务外网出口（样例）", by=manager)
    day = timezone.now() + timedelta(days=1)
    actions.block(["198.51.100.201"], by=duty, reason="反复扫描门户网站（样例）", until=day)
    actions.propose(["198.51.100.202"], by=duty, reason="同一来源多次爆破，待核实（样例）", until=day)
    actions.block(["198.51.100.224/28"], by=duty, reason="一个网段轮流攻击（样例）", until=day)
