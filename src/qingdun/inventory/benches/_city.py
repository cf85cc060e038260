"""An invented city of any size, straight into the records: 1 city, 20 counties, 1,000 units, systems and hosts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from qingdun.access.models import Unit
from qingdun.inventory.actions import index
from qingdun.inventory.core import addresses
from qingdun.inventory.models import Host, System

DAY = date(2024, 1, 1)
COUNTIES, UNITS = 20, 1000


def build(hosts: int) -> None:
    units = _units()
    systems = System.objects.bulk_create(
        [
            System(code=f"SYS-{n}", name=f"业务系统{n}", unit=units[n % len(units)], provisioned=DAY)
            for n in range(max(1, hosts // 60))
        ],
        batch_size=1000,
    )
    for start in range(0, hosts, 5000):
        rows = [_host(n, systems) for n in range(start, min(start + 5000, hosts))]
        Host.objects.bulk_create(rows, batch_size=1000)
        index(rows)


def _units() -> list[Unit]:
    root = Unit.objects.create(code="city", name="示例市", level="city", path="/city/")
    counties = [
        Unit.objects.create(code=f"county-{n}", name=f"第{n}县", level="county", parent=root, path=f"/city/county-{n}/")
        for n in range(COUNTIES)
    ]
    return Unit.objects.bulk_create(_below(counties), batch_size=500)


def _below(counties: list[Unit]) -> Iterator[Unit]:
    for n in range(UNITS):
        above = counties[n % COUNTIES]
        code = f"unit-{n}"
        yield Unit(code=code, name=f"第{n}单位", level="county", parent=above, path=f"{above.path}{code}/")


def _host(n: int, systems: list[System]) -> Host:
    system = systems[n % len(systems)]
    address = f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
    return Host(
        name=f"srv-{n:06}",
        zone="govnet",
        address=address,
        address_key=addresses.key(address),
        operating_system="麒麟 V10" if n % 3 else "统信 V20",
        system=system,
        unit=system.unit,
        agent_since=None if n % 17 == 0 else DAY,
        registered=DAY + timedelta(days=n % 500),
        retired=DAY + timedelta(days=700) if n % 40 == 0 else None,
    )
