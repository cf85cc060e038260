from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from qingdun.access.actions import create_unit
from qingdun.inventory import actions
from qingdun.inventory.models import Agent, Contact, Host, Protection, SecurityDevice, Site, System
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW, EDIT, EXPORT = "inventory.view", "inventory.edit", "inventory.export"
DAY = date(2026, 3, 2)


def unit(scene: Scene) -> Made:
    return {"pk": create_unit("marked", f"{scene.mark}科", "city", scene.here, by=None).pk}


def system(scene: Scene, code: str = "S-1") -> Made:
    made = System(code=code, name=f"{scene.mark}系统", unit=scene.here, provisioned=DAY)
    return {"pk": actions.register(made, by=None).pk}


def host(scene: Scene) -> Made:
    made = Host(name=f"{scene.mark}主机", unit=scene.here, zone="govnet", address="10.9.0.1", registered=DAY)
    return {"pk": actions.register(made, by=None).pk}


def site(scene: Scene) -> Made:
    system(scene)
    marked = {"domain": "here.example.cn", "url": "https://here.example.cn/", "filing_number": scene.mark}
    made = Site(system=System.objects.get(code="S-1"), registered=DAY, **marked)
    return {"pk": actions.register(made, by=None).pk}


def device(scene: Scene) -> Made:
    made = SecurityDevice(
        name=f"{scene.mark}设备",
        unit=scene.here,
        kind="firewall",
        zone="management",
        address="10.40.0.1",
        registered=DAY,
    )
    return {"pk": actions.register(made, by=None).pk}


def contact(scene: Scene) -> Made:
    made = Contact(name=f"{scene.mark}甲", unit=scene.here, duty="contact", phone="13800001234", registered=DAY)
    return {"pk": actions.register(made, by=None).pk}


def agent(scene: Scene) -> Made:
    made = Agent(host=Host.objects.get(pk=host(scene)["pk"]), product=f"{scene.mark}卫士", registered=DAY)
    return {"pk": actions.register(made, by=None).pk}


def protection(scene: Scene) -> Made:
    system(scene)
    marked = {"domain": "here.example.cn", "url": "https://here.example.cn/", "filing_number": scene.mark}
    made = actions.register(Site(system=System.objects.get(code="S-1"), registered=DAY, **marked), by=None)
    return {"pk": actions.register(Protection(site=made, registered=DAY), by=None).pk}


def a_host(scene: Scene) -> Made:
    return {} if host(scene) else {}


def a_site(scene: Scene) -> Made:
    return {} if site(scene) else {}


@dataclass(frozen=True)
class Kind:
    """`given`: the fields of a new one. `needs`: what must stand before it can be entered."""

    key: str
    make: Callable[[Scene], Made]
    given: Mapping[str, Any] | Callable[[Scene, Made], Mapping[str, Any]]
    changed: Mapping[str, Any]
    needs: Callable[[Scene], Made] | None = None


KINDS = (
    Kind("system", system, {"code": "S-9", "name": "新系统", "unit": "here", "provisioned": DAY}, {"mlps_level": 3}),
    Kind(
        "host",
        host,
        {"name": "新", "zone": "govnet", "address": "10.9.0.9", "unit": "here", "registered": DAY},
        {"name": "旧"},
    ),
    Kind(
        "site",
        site,
        {"domain": "new.example.cn", "url": "https://new.example.cn/", "system": "S-1", "registered": DAY},
        {"filing_number": "甲"},
        lambda scene: {} if system(scene) else {},
    ),
    Kind(
        "device",
        device,
        {"name": "新", "kind": "waf", "zone": "management", "address": "10.40.0.9", "unit": "here", "registered": DAY},
        {"name": "旧"},
    ),
    Kind(
        "contact",
        contact,
        {"name": "新", "duty": "head", "unit": "here", "phone": "13800004321", "registered": DAY},
        {"position": "科长"},
    ),
    Kind(
        "agent",
        agent,
        lambda scene, made: {"host": Host.objects.get().pk, "product": "新", "registered": DAY},
        {"version": "9"},
        a_host,
    ),
    Kind(
        "protection",
        protection,
        lambda scene, made: {"site": Site.objects.get().pk, "registered": DAY},
        {"registered": DAY},
        a_site,
    ),
)
UNMARKED = {"site", "protection"}  # whose name is a domain
RETIREMENT = {"on": "2026-04-01", "reason": "下线"}


def listed(kind: Kind) -> Callable[[Scene], Made]:
    return lambda scene: {} if kind.make(scene) else {}


def typed(kind: Kind) -> Callable[[Scene, Made], Mapping[str, Any]]:
    """Deleting asks for the name."""
    models = {"system": System, "host": Host, "site": Site, "device": SecurityDevice, "contact": Contact} | {
        "agent": Agent,
        "protection": Protection,
    }
    return lambda scene, made: {"typed": str(models[kind.key].objects.get(**made)), "reason": "误登"}


def given_back(kind: Kind) -> Any:
    """The same thing sent again; a host keeps no system."""
    if kind.key == "host" and isinstance(kind.given, Mapping):
        return {**kind.given, "system": ""}
    return kind.given


def pages(kind: Kind) -> tuple[Row, ...]:
    at, ours = f"inventory:{kind.key}", f"inventory_{kind.key}"
    return (
        Row(f"{at}s", "GET", VIEW, listed(kind)),
        Row(f"{at}s", "POST", EXPORT, listed(kind), {"act": "export"}, here=200, shows=True, api=f"{ours}s"),
        Row(f"{at}_new", "GET", EDIT),
        Row(f"{at}_new", "POST", EDIT, kind.needs, kind.given, elsewhere=200, api=f"{ours}_create"),
        Row(at, "GET", VIEW, kind.make),
        Row(f"{at}_edit", "GET", EDIT, kind.make, shows=kind.key != "protection"),
        Row(f"{at}_edit", "POST", EDIT, kind.make, given_back(kind), api=f"{ours}_change"),
        Row(f"{at}_history", "GET", VIEW, kind.make, shows=kind.key not in UNMARKED),
        Row(f"{at}_retire", "GET", EDIT, kind.make, shows=kind.key not in UNMARKED),
        Row(f"{at}_retire", "POST", EDIT, kind.make, RETIREMENT, api=f"{ours}_retire"),
        Row(f"{at}_remove", "GET", EDIT, kind.make, shows=kind.key not in UNMARKED),
        Row(f"{at}_remove", "POST", EDIT, kind.make, typed(kind), api=f"{ours}_remove"),
    )


def operations(kind: Kind) -> tuple[Row, ...]:
    at = f"inventory_{kind.key}"
    return (
        Row(f"{at}s", "GET", VIEW, listed(kind), shows=kind.key != "protection"),
        Row(at, "GET", VIEW, kind.make, shows=kind.key != "protection"),
        Row(f"{at}_history", "GET", VIEW, kind.make, shows=kind.key not in {"site", "protection"}),
        Row(f"{at}_then", "GET", VIEW, kind.make, query=f"?on={date.today()}", shows=kind.key != "protection"),
        Row(f"{at}_create", "POST", EDIT, kind.needs, kind.given, here=201, elsewhere=422),
        Row(f"{at}_change", "PATCH", EDIT, kind.make, kind.changed),
        Row(f"{at}_retire", "POST", EDIT, kind.make, RETIREMENT),
        Row(f"{at}_remove", "DELETE", EDIT, kind.make, query="?reason=x"),
    )


STAGE = {"stage": "ready", "on": "2026-03-03"}
ROWS = (
    Row("inventory:units", "GET", VIEW, lambda scene: {} if unit(scene) else {}),
    Row(
        "inventory:units",
        "POST",
        EXPORT,
        lambda scene: {} if unit(scene) else {},
        {"act": "export"},
        here=200,
        shows=True,
    ),
    Row("inventory:unit", "GET", VIEW, unit),
    Row("inventory:unit_history", "GET", VIEW, unit),
    Row("inventory_unit_history", "GET", VIEW, unit),
    Row("inventory_unit_then", "GET", VIEW, unit, query=f"?on={date.today()}"),
    Row("inventory:unit_new", "GET", EDIT),
    Row(
        "inventory:unit_new",
        "POST",
        EDIT,
        data={"name": "新单位", "code": "new", "level": "city", "parent": "here"},
        elsewhere=200,
    ),
    Row("inventory:system_stage", "GET", EDIT, system),
    Row("inventory:system_stage", "POST", EDIT, system, STAGE),
    *(row for kind in KINDS for row in pages(kind)),
    Row("inventory_units", "GET", VIEW, lambda scene: {} if unit(scene) else {}),
    Row("inventory_unit", "GET", VIEW, unit),
    Row("inventory_system_stage", "POST", EDIT, system, STAGE),
    *(row for kind in KINDS for row in operations(kind)),
)
