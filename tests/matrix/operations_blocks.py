"""Blocking. The list is the whole city's: whoever may see it anywhere sees all of it, and only a grant over the whole
platform changes it. So nothing of it bears the mark, and the right role elsewhere reads but does not act.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qingdun.inventory.core.addresses import span
from qingdun.operations.models import Block, Enforcer, Placement, Protected, StopSwitch
from qingdun.web.imports import actions as importing
from qingdun.web.imports.register import registers
from qingdun.web.models import Import
from tests.matrix.rows import KEYED, Made, Row
from tests.matrix.scene import Scene, role_with

VIEW, BLOCK, MANAGE, STOP = "operations.view", "operations.block", "operations.manage", "operations.stop"
WHY = {"reason": "演练"}
TABLE = "IP地址,封禁原因\n203.0.113.40,省通报\n"


def block(scene: Scene, state: str = Block.State.STANDING, address: str = "203.0.113.9") -> Block:
    first, last = span(address) or ("", "")
    now = timezone.now()
    return Block.objects.create(
        address=address,
        first_key=first,
        last_key=last,
        origin=Block.Origin.PERSON,
        reason="扫描",
        by=scene.me,
        state=state,
        decided=now,
        valid_from=now,
        valid_until=now + timedelta(days=1),
    )


def of(state: str) -> Callable[[Scene], Made]:
    return lambda scene: {"pk": block(scene, state).pk}


def enforcer(scene: Scene, kind: str = "feed") -> Enforcer:
    return Enforcer.objects.create(name="出口防火墙", kind=kind, settings={"form": "plain"} if kind == "feed" else {})


def device(scene: Scene) -> Made:
    return {"pk": enforcer(scene).pk}


def placement(scene: Scene, state: str, kind: str = "feed") -> Made:
    device = enforcer(scene, kind)
    held = Placement.objects.create(block=block(scene), enforcer=device, state=state, changed=timezone.now())
    return {"pk": held.pk}


def protected(scene: Scene) -> Made:
    first, last = span("198.51.100.0/24") or ("", "")
    made = Protected.objects.create(
        address="198.51.100.0/24", first_key=first, last_key=last, kind="exit", reason="出口", by=scene.me
    )
    return {"pk": made.pk}


def stopped(scene: Scene) -> Made:
    StopSwitch.objects.create(by=scene.me, reason="误封")
    return {}


def read(scene: Scene) -> Made:
    """An import of the one who asks, read and ready to be accepted."""
    mine = scene.holding(role_with(BLOCK), scene.root)
    given = importing.keep(registers()["operations.blocks"], f"{scene.mark}.csv", TABLE.encode(), by=mine)
    importing.read(given, lambda *_words: None)
    assert Import.objects.get(pk=given.pk).state == Import.State.READY
    return {"pk": given.pk}


def selected(scene: Scene, made: Made) -> dict[str, Any]:
    return {"selected": [str(pk) for pk in Block.objects.values_list("pk", flat=True)]}


def several(state: str) -> Callable[[Scene], Made]:
    return lambda scene: {} if block(scene, state) else {}


def file(scene: Scene, made: Made) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("blocks.csv", TABLE.encode())}


def seen(at: str, make: Callable[[Scene], Made] | None = None, **more: Any) -> Row:
    """A page or operation that only shows."""
    return Row(at, "GET", VIEW, make, shows=False, elsewhere=200, **more)


def act(at: str, permission: str, make: Callable[[Scene], Made] | None = None, data: Any = None, **more: Any) -> Row:
    return Row(at, "POST", permission, make, data or {}, root=True, **more)


NEW = {"addresses": "203.0.113.30", "reason": "扫描", "direction": "inbound", "term": "1d", "act": "block"}
DEVICE = {
    "name": "新设备",
    "directions": "inbound",
    "capacity": "100",
    "on": "on",
    "set_form": "plain",
    "set_lists": "1",
}
PROPOSED, STANDING = Block.State.PROPOSED, Block.State.STANDING
TERM = {"term": "7d", "reason": "仍在攻击"}

PAGES = (
    seen("operations:blocks"),
    Row("operations:blocks", "POST", VIEW, data={"act": "export"}, here=200, shows=False, elsewhere=200),
    Row("operations:block_new", "GET", BLOCK, root=True),
    act("operations:block_new", BLOCK, data=NEW),
    seen("operations:block", of(STANDING)),
    act("operations:block_accept", BLOCK, of(PROPOSED)),
    act("operations:block_refuse", BLOCK, of(PROPOSED), {"deciding-reason": "误报"}),
    act("operations:block_lift", BLOCK, of(STANDING), {"lifting-reason": "误封"}),
    act("operations:block_extend", BLOCK, of(STANDING), {"extending-term": "7d", "extending-reason": "仍在攻击"}),
    act("operations:blocks_accept", BLOCK, several(PROPOSED), selected, here=200, api="operations_block_accept"),
    act("operations:blocks_refuse", BLOCK, several(PROPOSED), selected, here=200, api="operations_block_refuse"),
    act("operations:blocks_lift", BLOCK, several(STANDING), selected, here=200, api="operations_block_lift"),
    act("operations:placement_retry", BLOCK, lambda scene: placement(scene, "failed")),
    act("operations:placement_answer", BLOCK, lambda scene: placement(scene, "pending", "work_order"), {"done": "yes"}),
    seen("operations:protected", lambda scene: {} if protected(scene) else {}),
    Row("operations:protected", "POST", VIEW, data={"act": "export"}, here=200, shows=False, elsewhere=200),
    seen("operations:protected_ask", query="?address=203.0.113.9"),
    seen("operations:protected_one", protected),
    Row("operations:protected_new", "GET", MANAGE, root=True),
    act("operations:protected_new", MANAGE, data={"address": "203.0.113.0/28", "kind": "exit", **WHY}),
    act("operations:protected_remove", MANAGE, protected, WHY),
    seen("operations:enforcers", lambda scene: {} if device(scene) else {}),
    Row("operations:enforcers", "POST", VIEW, data={"act": "export"}, here=200, shows=False, elsewhere=200),
    seen("operations:enforcer", device),
    Row("operations:enforcer_new", "GET", MANAGE, root=True),
    Row("operations:enforcer_create", "GET", MANAGE, lambda scene: {"kind": "feed"}, root=True, shows=False),
    act("operations:enforcer_create", MANAGE, lambda scene: {"kind": "feed"}, DEVICE),
    Row("operations:enforcer_edit", "GET", MANAGE, device, root=True, shows=False),
    act("operations:enforcer_edit", MANAGE, device, {**DEVICE, "reason": "改名"}),
    act("operations:enforcer_read_back", BLOCK, device),
    act("operations:enforcer_token", MANAGE, device, here=200),
    seen("operations:stop"),
    act("operations:stop", STOP, data=WHY),
    act("operations:resume", MANAGE, stopped, WHY),
    Row("operations:feed", "GET", KEYED, lambda scene: {"number": 1}, shows=False),
)
IMPORTS = (
    Row("operations:imports", "GET", BLOCK, lambda scene: {} if read(scene) else {}, root=True, elsewhere=200),
    Row("operations:imports", "POST", BLOCK, data={"act": "columns", "size": "50"}, elsewhere=302),
    Row("operations:import_blocks", "GET", BLOCK),
    Row("operations:import_blocks", "POST", BLOCK, data=file),
    Row("operations:template_blocks", "GET", BLOCK),
    Row("operations:import", "GET", BLOCK, read, root=True, elsewhere=404),
    Row("operations:import_accept", "POST", BLOCK, read, {"take": ["new"]}, root=True, elsewhere=404),
    Row("operations:import_drop", "POST", BLOCK, read, root=True, elsewhere=404),
    Row("operations:import_wrong", "GET", BLOCK, read, root=True, elsewhere=404, shows=False),
    Row("operations_imports", "GET", BLOCK, lambda scene: {} if read(scene) else {}, root=True, elsewhere=200),
    Row("operations_import_upload", "POST", BLOCK, lambda scene: {"kind": "blocks"}, file, here=202, elsewhere=202),
    Row("operations_import", "GET", BLOCK, read, root=True, elsewhere=404),
    Row("operations_import_rows", "GET", BLOCK, read, root=True, elsewhere=404, shows=False),
    Row("operations_import_accept", "POST", BLOCK, read, {"take": ["new"]}, root=True, here=202, elsewhere=404),
    Row("operations_import_drop", "POST", BLOCK, read, root=True, elsewhere=404),
)
OPERATIONS = (
    seen("operations_blocks"),
    seen("operations_block", of(STANDING)),
    seen("operations_look", query="?address=203.0.113.9"),
    act("operations_block_new", BLOCK, data={"addresses": ["203.0.113.31"], **WHY}, here=201),
    act("operations_block_accept", BLOCK, of(PROPOSED), {"reason": ""}),
    act("operations_block_refuse", BLOCK, of(PROPOSED), WHY),
    act("operations_block_lift", BLOCK, of(STANDING), WHY),
    act("operations_block_extend", BLOCK, of(STANDING), TERM),
    act("operations_placement_retry", BLOCK, lambda scene: placement(scene, "failed")),
    act("operations_placement_answer", BLOCK, lambda scene: placement(scene, "pending", "work_order"), {"done": True}),
    seen("operations_protected"),
    seen("operations_protected_one", protected),
    act("operations_protected_new", MANAGE, data={"address": "203.0.113.0/28", "kind": "exit", **WHY}, here=201),
    Row("operations_protected_remove", "DELETE", MANAGE, protected, query="?reason=x", root=True),
    seen("operations_enforcers"),
    seen("operations_enforcer", device),
    act("operations_enforcer_create", MANAGE, data={"name": "新设备", "kind": "feed"}, here=201),
    Row("operations_enforcer_edit", "PATCH", MANAGE, device, {"capacity": 50, "reason": "扩容"}, root=True),
    act("operations_enforcer_read_back", BLOCK, device, here=202),
    act("operations_enforcer_token", MANAGE, device, here=201),
    seen("operations_stop_state"),
    act("operations_stop", STOP, data=WHY),
    act("operations_resume", MANAGE, stopped, WHY),
)
ROWS = PAGES + IMPORTS + OPERATIONS
