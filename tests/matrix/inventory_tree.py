"""The tree of units and the coverage of any day."""

from __future__ import annotations

from datetime import date
from typing import Any

from qingdun.access.actions import create_unit
from qingdun.access.models import Unit
from qingdun.inventory.merging import digest
from tests.matrix.inventory import EDIT, VIEW, host, unit
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

RESTRUCTURE = "inventory.restructure"
TODAY = date.today().isoformat()
WHY = {"on": TODAY, "reason": "机构改革"}
NEW = {"name": "新单位", "code": "new", "level": "city", "parent": "here"}


def two(scene: Scene) -> Made:
    create_unit("beside", "旁边单位", "city", scene.here, by=None)
    return unit(scene)


def confirmed(scene: Scene, made: Made) -> dict[str, Any]:
    """What a merger of an empty unit shows."""
    into = Unit.objects.get(code="beside")
    gaining = ()
    seen = digest(made["pk"], into.pk, date.today(), (), (), (), gaining)
    return {"into": "beside", "seen": seen, **WHY}


def everything(scene: Scene) -> Made:
    return {} if host(scene) else {}


ROWS = (
    Row("inventory:unit_rename", "GET", RESTRUCTURE, unit),
    Row("inventory:unit_rename", "POST", RESTRUCTURE, unit, {"name": "新名", **WHY}),
    Row("inventory:unit_move", "GET", RESTRUCTURE, two),
    Row("inventory:unit_move", "POST", RESTRUCTURE, two, {"parent": "beside", **WHY}),
    Row("inventory:unit_merge", "GET", RESTRUCTURE, two),
    Row("inventory:unit_merge", "POST", RESTRUCTURE, two, confirmed),
    Row("inventory_unit_rename", "POST", RESTRUCTURE, unit, {"name": "新名", **WHY}),
    Row("inventory_unit_move", "POST", RESTRUCTURE, two, {"parent": "beside", **WHY}),
    Row("inventory_unit_merge_plan", "POST", RESTRUCTURE, two, {"into": "beside", **WHY}),
    Row("inventory_unit_merge", "POST", RESTRUCTURE, two, confirmed),
    Row("inventory_unit_create", "POST", EDIT, data=NEW, here=201, elsewhere=422),
    Row("inventory:coverage", "GET", VIEW, everything),
    Row("inventory_coverage", "GET", VIEW, everything, shows=False),
)
