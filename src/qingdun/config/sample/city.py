"""From a city file to every unit, system, host and device of it. Pure and the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from qingdun.inventory.core.stages import WAY, Stage
from qingdun.lib.command import Unusable

SYSTEMS = ["麒麟 V10 SP3", "统信 UOS 20", "openEuler 22.03 LTS", "CentOS 7.9", "Windows Server 2019"]
PUBLIC_WORDS = ("门户", "网站", "服务", "预约", "申报", "查询", "公示", "公开", "报名", "追溯", "招聘", "登记", "举报")
PORTALS = ("门户网站", "集约化网站平台")
FRONTS, INNER = 12, 4  # of how many systems the web servers, and the machines behind them, send logs of their own
#: Machines of one system in the order they are added.
PARTS = ("web1", "app1", "db1", "web2", "app2", "cache1", "db2", "app3", "file1")


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    name: str
    short: str
    level: str
    parent: str | None
    kind: str
    prefix: str  # what the names of its systems begin with: the place for a bureau, the short name for an organ


@dataclass(frozen=True, slots=True)
class System:
    code: str
    name: str
    unit: str
    mlps_level: int | None
    stage: Stage = Stage.PROVISIONED
    domains: tuple[str, ...] = ()
    bare_domains: tuple[str, ...] = ()  # those of `domains` that stand outside the WAF

    @property
    def is_portal(self) -> bool:
        """One of the portals, or the platform that many sites share."""
        return bool(self.domains) and any(word in self.name for word in PORTALS)


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    zone: str
    address: str
    further: tuple[str, ...]
    operating_system: str
    system: str | None
    unit: str
    has_agent: bool = True
    silent_days: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    name: str
    kind: str
    vendor: str
    model: str
    zone: str
    address: str
    version: str
    rules_days: int | None
    logs: str | None


@dataclass(frozen=True, slots=True)
class City:
    units: tuple[Unit, ...]
    systems: tuple[System, ...]
    hosts: tuple[Host, ...]
    devices: tuple[Device, ...]
    lines: int


def senders(city: City) -> tuple[list[Host], list[Host]]:
    """The machines that send logs of their own: fronts of the first sites, and machines behind some of them."""
    public = [system.code for system in city.systems if system.domains][:FRONTS]
    fronts = [host for host in city.hosts if host.system in public and host.name.endswith("-web1")]
    behind = [host for host in city.hosts if host.system in public[:INNER] and host.name.endswith(("-app1", "-db1"))]
    return fronts, behind


@cache
def plan(size: str) -> City:
    """The city of that size. Raises Unusable when there is no such city file."""
    file = Path(__file__).with_name(f"{size}.yaml")
    if not file.exists():
        known = "、".join(sorted(other.stem for other in file.parent.glob("*.yaml")))
        raise Unusable(f"没有样例 “{size}”；可选：{known}")
    book = yaml.safe_load(file.read_text("utf-8"))
    dice = Random(size)
    units = tuple(_units(book))
    systems = _stages(_facing(list(_systems(book, units, dice)), book, dice), book, dice)
    hosts = _agents(list(_hosts(book, units, systems, dice)), book, dice)
    return City(units, tuple(systems), tuple(hosts), tuple(_devices(book)), book["counts"]["lines"])


def _units(book: dict[str, Any]) -> Iterator[Unit]:
    root, short = book["root"], book["city_short"]
    yield Unit(root["code"], root["name"], root["short"], "city", None, "root", book["city"])
    for key, organ in book["organs"].items():
        brief = f"{short}{organ['short']}"
        yield Unit(key, f"{book['city']}{organ['name']}", brief, "city", root["code"], key, brief)
    for code, county in book["counties"].items():
        name, brief = county["name"], county["short"]
        yield Unit(code, f"{name}政务服务数据管理局", f"{brief}政数局", "county", root["code"], "county", name)
        for key in book["county_organs"]:
            organ = book["organs"][key]
            own = f"{brief}{organ['short']}"
            yield Unit(f"{code}-{key}", f"{name}{organ['name']}", own, "county", code, key, own)


def _systems(book: dict[str, Any], units: tuple[Unit, ...], dice: Random) -> Iterator[System]:
    names: dict[str, list[str]] = book["systems"]
    for unit in units:
        own = names[unit.kind]
        if unit.kind in book["organs"]:
            own = own + names["common"] if unit.level == "city" else own[:3] + names["common"][:1]
        for number, name in enumerate(own, 1):
            level = dice.choices([None, 1, 2, 3], [34, 4, 46, 16])[0]
            yield System(f"YL-{unit.code.upper()}-{number:02}", f"{unit.prefix}{name}", unit.code, level)


def _facing(systems: list[System], book: dict[str, Any], dice: Random) -> list[System]:
    """Give the most public systems their domains; a few of them stand outside the WAF, one with one foot."""
    count, bare = book["counts"]["internet_facing"], book["counts"]["without_waf"]
    public = sorted(systems, key=lambda system: not any(word in system.name for word in PUBLIC_WORDS))
    facing = [system.code for system in public[:count]]
    outside = dice.sample(facing[count // 2 :], bare)
    return [_with_domains(system, book["domain"], facing, outside) for system in systems]


def _with_domains(system: System, domain: str, facing: list[str], outside: list[str]) -> System:
    if system.code not in facing:
        return system
    name = "www" if system.code == facing[0] else system.code.removeprefix("YL-").lower()
    own = [f"{name}.{domain}"]
    if facing.index(system.code) % 11 == 0 or system.code == outside[0]:
        own.append(f"m.{own[0]}")
    bare = own[-1:] if system.code in outside else []
    return replace(system, domains=tuple(own), bare_domains=tuple(bare))


def _stages(systems: list[System], book: dict[str, Any], dice: Random) -> list[System]:
    counts: dict[str, int] = book["counts"]["stages"]
    stages = [stage for stage in WAY[1:] for _ in range(counts[stage])]
    first = systems[0].unit
    order = sorted(systems, key=lambda system: (not system.domains, system.unit != first, dice.random()))
    reached = dict(zip((system.code for system in order), reversed(stages), strict=False))
    return [replace(system, stage=reached.get(system.code, Stage.PROVISIONED)) for system in systems]


def _hosts(book: dict[str, Any], units: tuple[Unit, ...], systems: list[System], dice: Random) -> Iterator[Host]:
    homeless = book["counts"]["hosts_of_no_system"]
    sizes = _sizes(len(systems), book["counts"]["hosts"] - homeless, dice)
    subnet = {unit.code: number for number, unit in enumerate(units, 1)}
    used = dict.fromkeys(subnet, 10)
    public = 0
    for system, size in zip(systems, sizes, strict=True):
        flavour = dice.choices(SYSTEMS, [30, 12, 26, 18, 14])[0]
        public += bool(system.domains)
        for part in PARTS[:size]:
            used[system.unit] += 1
            yield _host(system, part, f"{subnet[system.unit]}.{used[system.unit]}", public, flavour)
    for number in range(1, homeless + 1):
        name, flavour = f"mgmt-{number:02}", dice.choice(SYSTEMS[:3])
        yield Host(name, "management", f"10.40.1.{number}", (), flavour, None, units[0].code)


def _sizes(systems: int, hosts: int, dice: Random) -> list[int]:
    """How many machines each system has: three at least, the rest as the dice fall, up to all `PARTS`."""
    sizes = [3] * systems
    while sum(sizes) < hosts:
        system = dice.randrange(systems)
        sizes[system] += sizes[system] < len(PARTS)
    return sizes


def _host(system: System, part: str, low: str, public: int, flavour: str) -> Host:
    """Web servers of a public system stand in the Internet zone; the first of them carries its public addresses."""
    name = f"{system.code.removeprefix('YL-').lower()}-{part}"
    if not (system.domains and part.startswith("web")):
        return Host(name, "govnet", f"10.30.{low}", (), flavour, system.code, system.unit)
    further = (f"203.0.113.{public}", f"2001:db8:20::{public:x}") if part == "web1" else ()
    return Host(name, "internet", f"10.20.{low}", further, flavour, system.code, system.unit)


def _agents(hosts: list[Host], book: dict[str, Any], dice: Random) -> list[Host]:
    without = set(dice.sample(range(len(hosts)), book["counts"]["hosts_without_agent"]))
    return [
        replace(host, has_agent=number not in without, silent_days=dice.choices([0, 3, 9], [985, 10, 5])[0])
        for number, host in enumerate(hosts)
    ]


def _devices(book: dict[str, Any]) -> Iterator[Device]:
    for number, device in enumerate(book["devices"], 11):
        address = f"10.40.0.{number}"
        yield Device(**{"rules_days": None, "logs": None, "address": address, **device})
