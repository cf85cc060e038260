"""Lists held against the register, and what comes of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qingdun.inventory.models import Difference, Host
from tests.matrix.inventory import EDIT, EXPORT, VIEW, host
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

RECONCILE = "inventory.reconcile"
WHY = {"reason": "离线维护", "until": (date.today() + timedelta(days=9)).isoformat()}


def unseen(scene: Scene) -> Made:
    found = Host.objects.get(pk=host(scene)["pk"])
    today, now = date.today(), timezone.now()
    made = Difference.objects.create(
        source="asset_scan",
        kind="unseen",
        key=str(found.pk),
        name=found.name,
        host=found,
        unit=scene.here,
        since=today,
        last_seen=now,
    )
    return {"pk": made.pk}


def listed(scene: Scene) -> Made:
    return {} if unseen(scene) else {}


def a_list(scene: Scene, made: Made) -> dict[str, Any]:
    return {"source": "asset_scan", "file": SimpleUploadedFile("x.csv", "存活地址,主机名\n10.1.0.5,web\n".encode())}


ROWS = (
    Row("inventory:differences", "GET", VIEW, listed),
    Row("inventory:differences", "POST", EXPORT, listed, {"act": "export"}, here=200, shows=True),
    Row("inventory:difference", "GET", VIEW, unseen),
    Row("inventory:difference_accept", "POST", EDIT, unseen),
    Row("inventory:difference_explain", "POST", EDIT, unseen, WHY),
    Row("inventory:snapshots", "GET", RECONCILE, root=True),
    Row("inventory:snapshots", "POST", RECONCILE, None, a_list, root=True),
    Row("inventory_differences", "GET", VIEW, listed),
    Row("inventory_difference", "GET", VIEW, unseen),
    Row("inventory_difference_accept", "POST", EDIT, unseen),
    Row("inventory_difference_explain", "POST", EDIT, unseen, WHY),
    Row(
        "inventory_snapshot",
        "POST",
        RECONCILE,
        data={"source": "asset_scan", "rows": [{"IP": "10.1.0.5"}]},
        root=True,
        here=201,
    ),
)
