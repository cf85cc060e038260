"""What happened in the sample city: who is in charge, agents that came and went, a new name, a list held against it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from qingdun.access.actions import rename_unit
from qingdun.access.models import Unit
from qingdun.inventory import actions as inventory
from qingdun.inventory.models import Agent, Contact, Host, Protection, SecurityDevice
from qingdun.inventory.sourcing import sources

REASON = "建立样例"
DUTIES = (("head", "主要负责人", "局长"), ("security", "网络安全负责人", "分管副局长"), ("contact", "联系人", "信息科"))
PRODUCTS = ("云盾主机卫士（样例）", "青松终端防护（样例）")
GONE, BARE = 3, 4  # hosts whose agent nobody saw, and such as only the list knows


def live(units: dict[str, Unit], hosts: list[Host], today: date, dice: Random) -> None:
    """Contacts, agents of two products, WAF devices, a new name, and one reconciliation with differences."""
    _contacts(units, today, dice)
    _agents(hosts, today)
    _wafs()
    _rename(units, today)
    _reconcile(hosts)


def _contacts(units: dict[str, Unit], today: date, dice: Random) -> None:
    """Three of each unit. The area code 0000 is nobody's."""
    rows = [
        Contact(
            unit=unit,
            duty=duty,
            name=f"{unit}{title}（样例）"[:60],
            position=position,
            phone=f"0000-{dice.randint(10**7, 10**8 - 1)}",
            email=f"{duty}@{unit.code}.example.cn",
            registered=today - timedelta(days=dice.randint(60, 900)),
        )
        for unit in units.values()
        for duty, title, position in DUTIES
    ]
    inventory.enter(rows, by=None, reason=REASON)


def _agents(hosts: list[Host], today: date) -> None:
    """Every installation has its product; some hosts had another before, without a day between."""
    running = list(Agent.objects.filter(retired=None).select_related("host"))
    pairs = []
    for number, agent in enumerate(running):
        before = Agent(pk=agent.pk, host=agent.host, registered=agent.registered)
        agent.product = PRODUCTS[number % len(PRODUCTS)]
        pairs.append((before, agent))
    inventory.change_many(pairs, by=None, reason="补登产品")
    former = [
        Agent(host=agent.host, product="旧代理（样例）", registered=agent.registered, retired=agent.registered)
        for agent in running[:20]
    ]
    for agent in former:
        agent.retired = min(agent.registered + timedelta(days=30), today)
    inventory.enter(former, by=None, reason=REASON)


def _wafs() -> None:
    """Which WAF each site stands behind, where there is one."""
    waf = SecurityDevice.objects.filter(kind=SecurityDevice.Kind.WAF, retired=None).first()
    pairs = []
    for row in Protection.objects.filter(retired=None).select_related("site__system__unit"):
        before = Protection(pk=row.pk, site=row.site, registered=row.registered)
        row.device = waf
        pairs.append((before, row))
    if waf:
        inventory.change_many(pairs, by=None, reason="补登设备")


def _rename(units: dict[str, Unit], today: date) -> None:
    """One unit had another name until three months ago."""
    unit = next(one for one in units.values() if one.level == "county")
    now = (unit.name, unit.short_name)
    Unit.objects.filter(pk=unit.pk).update(name=unit.name.replace("政务服务数据管理局", "行政服务中心"), short_name="")
    rename_unit(unit, *now, by=None, on=today - timedelta(days=90), reason="机构改革（样例）")


def _reconcile(hosts: list[Host]) -> None:
    """The agent list of today: some of ours are missing on it, some of its machines nobody registered."""
    covered = [host for host in hosts if host.agent_since]
    rows = [
        {"address": str(host.address), "name": host.name, "operating_system": host.operating_system}
        for host in covered[GONE:]
    ]
    rows += [{"address": f"10.250.0.{n}", "name": f"unknown-{n}", "product": PRODUCTS[0]} for n in range(1, BARE + 1)]
    rows[0]["operating_system"] = "Windows Server 2012"
    inventory.take(sources()["agent_list"], rows, by=None, name="代理清单（样例）.xlsx")
