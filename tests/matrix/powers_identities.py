"""External identities follow the accounts they lead to; a lost factor may be asked about by anybody."""

from __future__ import annotations

from typing import Any

from qingdun.access.models import Account, Identity
from tests.matrix.access_doors import CAS, _file
from tests.matrix.rows import SIGNED_IN, Made, Row
from tests.matrix.scene import Scene
from tests.visitors import give_app

WHY = {"reason": "测试事由"}


def _tied(scene: Scene) -> Identity:
    _file(scene, CAS)
    account = scene.account("", scene.here, scene.person(scene.here, scene.mark))
    return Identity.objects.create(account=account, door="matrix", external_id=scene.mark)


def tied(scene: Scene) -> Made:
    return {"pk": _tied(scene).pk}


def listed(scene: Scene) -> Made:
    _tied(scene)
    return {}


def someone(scene: Scene) -> Made:
    """An account with an app, and a door."""
    _file(scene, CAS)
    give_app(scene.account("", scene.here, scene.person(scene.here, scene.mark)))
    return {}


def _name(scene: Scene) -> dict[str, Any]:
    return {"account": Account.objects.get(person__name=scene.mark).username, **WHY}


def wanted(scene: Scene, _made: Made) -> dict[str, Any]:
    return {**_name(scene), "door": "matrix", "external_id": "7"}


def lost(scene: Scene, _made: Made) -> dict[str, Any]:
    return _name(scene)


END = {"permission": "access.create", "make": tied, "data": WHY}
ROWS = (
    Row("powers:identities", "GET", "access.view", listed),
    Row("powers:identities", "POST", "access.view", data={"act": "columns", "size": "50"}, api="-"),
    Row("powers:identity_new", "GET", "access.create"),
    Row("powers:identity_new", "POST", "access.create", someone, wanted, elsewhere=403, api="powers_identity_create"),
    Row("powers:identity_end", "GET", "access.create", tied),
    Row("powers:identity_end", "POST", **END, api="powers_identity_end"),
    Row("powers:ask_factor_reset", "GET", SIGNED_IN),
    Row("powers:ask_factor_reset", "POST", SIGNED_IN, someone, lost, api="powers_ask_factor_reset"),
    Row("powers_identities", "GET", "access.view", listed),
    Row("powers_identity_create", "POST", "access.create", someone, wanted, here=201, elsewhere=403),
    Row("powers_identity_end", "POST", **END, here=204),
    Row("powers_ask_factor_reset", "POST", SIGNED_IN, someone, lost),
)
