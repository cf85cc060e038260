"""The city written into the database: units, accounts and one audited bulk for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.db import transaction
from django.utils import timezone

from qingdun import audit
from qingdun.access import actions as access
from qingdun.access import passwords
from qingdun.access.core.roles import Role
from qingdun.access.models import Person, Unit
from qingdun.access.roster import roles
from qingdun.config.sample import blocking, desks, life
from qingdun.config.sample.city import City, plan, senders
from qingdun.inventory import actions as inventory
from qingdun.inventory.core.stages import WAY, Stage
from qingdun.inventory.models import Host, SecurityDevice, Site, System
from qingdun.lib import sample
from qingdun.logs.models import Source

#: Roles that belong to units rather than to the bureau get one account in each of these.
UNIT_ROLES = {"unit_contact": ("edu", "jichuan"), "unit_head": ("yunling", "edu", "jichuan")}
REASON = "建立样例"


@transaction.atomic
def load(size: str) -> None:
    """Fill an empty, migrated database with the city and write its accounts down. Raises Unusable."""
    city, today = plan(size), timezone.localdate()
    dice = Random(size)
    units = _units(city)
    systems = _systems(city, units, today, dice)
    sites = _sites(city, systems)
    hosts = _hosts(city, units, systems, timezone.now(), dice)
    devices = _devices(city, units, today)
    life.live(units, hosts, today, dice)
    sources = _sources(city, units)
    counts = {"systems": systems, "sites": sites, "hosts": hosts, "devices": devices, "sources": sources}
    audit.record(
        None, "inventory.edit", "样例城市", "建立样例", changes={key: (0, len(rows)) for key, rows in counts.items()}
    )
    accounts = list(_accounts(units, today))
    desks.fill(today)
    blocking.fill()
    transaction.on_commit(lambda: sample.keep(accounts))


def _units(city: City) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for unit in city.units:
        parent = units[unit.parent] if unit.parent else None
        units[unit.code] = access.create_unit(unit.code, unit.name, unit.level, parent, by=None, short_name=unit.short)
    return units


def _systems(city: City, units: dict[str, Unit], today: date, dice: Random) -> dict[str, System]:
    rows = {
        system.code: System(
            code=system.code,
            name=system.name,
            unit=units[system.unit],
            contact=f"{units[system.unit]}信息科（样例）",
            mlps_level=system.mlps_level,
            url=f"https://{system.domains[0]}/" if system.domains else "",
            is_portal=system.is_portal,
            **_dates(system.stage, today - timedelta(days=dice.randint(40, 1500)), today),
        )
        for system in city.systems
    }
    for system in city.systems:
        if system.domains:
            rows[system.code].internet_since = rows[system.code].provisioned
    inventory.enter(list(rows.values()), by=None, reason=REASON)
    return rows


def _dates(stage: Stage, first: date, today: date) -> dict[str, date]:
    """A date for each stage up to the one reached, evenly between the first day and today."""
    reached = WAY[: WAY.index(stage) + 1]
    step = (today - first) / (len(reached) + 1)
    return {one.value: first + step * number for number, one in enumerate(reached)}


def _sites(city: City, systems: dict[str, System]) -> list[Site]:
    rows = [
        Site(
            domain=domain,
            url=f"https://{domain}/",
            system=systems[system.code],
            waf_since=None if domain in system.bare_domains else systems[system.code].provisioned,
            filing_number=f"样例备{systems[system.code].pk:08}号",
            registered=systems[system.code].provisioned,
        )
        for system in city.systems
        for domain in system.domains
    ]
    inventory.enter(rows, by=None, reason=REASON)
    return rows


def _hosts(city: City, units: dict[str, Unit], systems: dict[str, System], now: datetime, dice: Random) -> list[Host]:
    rows = []
    for host in city.hosts:
        system = systems[host.system] if host.system else None
        since = system.provisioned if system else timezone.localdate() - timedelta(days=400)
        seen = now - timedelta(days=host.silent_days, minutes=dice.randint(0, 9))
        rows.append(
            Host(
                name=host.name,
                zone=host.zone,
                address=host.address,
                further=list(host.further),
                operating_system=host.operating_system,
                system=system,
                unit=units[host.unit],
                agent_since=since if host.has_agent else None,
                agent_last_seen=seen if host.has_agent else None,
                registered=since,
            )
        )
    inventory.enter(rows, by=None, reason=REASON)
    return rows


def _devices(city: City, units: dict[str, Unit], today: date) -> list[SecurityDevice]:
    rows = [
        SecurityDevice(
            name=device.name,
            kind=device.kind,
            vendor=device.vendor,
            model=device.model,
            zone=device.zone,
            address=device.address,
            unit=units[city.units[0].code],
            version=device.version,
            rules_version="" if device.rules_days is None else f"{today - timedelta(days=device.rules_days):%Y.%m.%d}",
            rules_date=None if device.rules_days is None else today - timedelta(days=device.rules_days),
            registered=today - timedelta(days=700),
        )
        for device in city.devices
    ]
    inventory.enter(rows, by=None, reason=REASON)
    return rows


def _sources(city: City, units: dict[str, Unit]) -> list[Source]:
    """Who sends the sample's lines, told apart by the host name in the header; the last two wait to be registered."""
    root = units[city.units[0].code]
    devices = [(f"{one.vendor} {one.model}（{one.name}）", one.name, root) for one in city.devices if one.logs]
    hosts = [(host.name, host.name, units[host.unit]) for group in senders(city) for host in group]
    return Source.objects.bulk_create(
        Source(name=name, via=Source.Via.SYSLOG, address=address, unit=unit, registered=True)
        for name, address, unit in [*devices, *hosts][:-2]
    )


def _accounts(units: dict[str, Unit], today: date) -> Iterable[sample.SampleAccount]:
    """One account for every role over the whole city, or in the units the role belongs to."""
    root = next(iter(units))
    for role in roles().values():
        for number, code in enumerate(UNIT_ROLES.get(role.key, (root,)), 1):
            username = role.key if number == 1 else f"{role.key}_{number}"
            yield _account(username, role, units[code], today)


def _account(username: str, role: Role, unit: Unit, today: date) -> sample.SampleAccount:
    password = passwords.one_time()
    person = Person.objects.create(name=f"{role.name}（样例）", unit=unit)
    account = access.create_account(username, person, password, by=None, must_change=False)
    access.grant(account, role.key, unit, today, today + timedelta(days=365), by=None, reason="建立样例")
    secret = generate_totp_secret() if role.second_factor else ""
    if secret:
        access.add_totp(account, secret, 0)
    return sample.SampleAccount(role.key, role.name, role.english, str(unit), username, password, secret)
