from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from qingdun.web.imports import actions
from qingdun.web.imports.register import registers
from qingdun.web.models import Import
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene, role_with

EDIT = "inventory.edit"
TABLE = "代码,名称,层级,上级单位\nnew-one,新单位,市级,here\n"


def read(scene: Scene) -> Made:
    """An import of the one who asks, read and ready to be accepted."""
    mine = scene.holding(role_with(EDIT), scene.here)
    given = actions.keep(registers()["inventory.units"], f"{scene.mark}.csv", TABLE.encode(), by=mine)
    actions.read(given, lambda *_words: None)
    assert Import.objects.get(pk=given.pk).state == Import.State.READY
    return {"pk": given.pk}


def listed(scene: Scene) -> Made:
    return {} if read(scene) else {}


def file(scene: Scene, made: Made) -> Mapping[str, Any]:
    return {"file": SimpleUploadedFile("units.csv", TABLE.encode())}


PAGES = tuple(
    row
    for kind in ("units", "systems", "hosts", "sites", "devices")
    for row in (
        Row(f"inventory:import_{kind}", "GET", EDIT),
        Row(f"inventory:import_{kind}", "POST", EDIT, data=file),
        Row(f"inventory:template_{kind}", "GET", EDIT),
    )
)

ROWS = (
    Row("inventory:imports", "GET", EDIT, listed),
    Row("inventory:imports", "POST", EDIT, data={"act": "columns", "size": "50"}),
    *PAGES,
    Row("inventory:import", "GET", EDIT, read),
    Row("inventory:import_accept", "POST", EDIT, read, {"take": ["new"]}),
    Row("inventory:import_drop", "POST", EDIT, read),
    Row("inventory:import_wrong", "GET", EDIT, read, shows=False),
)

ROWS += (
    Row("inventory_imports", "GET", EDIT, listed),
    Row("inventory_import_upload", "POST", EDIT, lambda scene: {"kind": "units"}, file, here=202, elsewhere=202),
    Row("inventory_import", "GET", EDIT, read),
    Row("inventory_import_rows", "GET", EDIT, read, shows=False),
    Row("inventory_import_accept", "POST", EDIT, read, {"take": ["new"]}, here=202),
    Row("inventory_import_drop", "POST", EDIT, read),
)
