from __future__ import annotations

from typing import Any

from qingdun.access.actions.tokens import create_token
from qingdun.access.models import Account
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW = "access.view"
SCOPE = ["inventory.view"]


def able(scene: Scene) -> Account:
    """The owner, with something to give away."""
    if not scene.me.grants.exists():
        scene.give(scene.me, "unit_contact", scene.here)
        scene.me.powers = None
    return scene.me


def token(scene: Scene) -> Made:
    made, _text = create_token(able(scene), f"{scene.mark}程序", SCOPE, 30)
    return {"pk": made.pk}


def tokens(scene: Scene) -> Made:
    return {} if token(scene) else {}


def ready(scene: Scene) -> Made:
    return {} if able(scene) else {}


def of_the_unit(scene: Scene) -> Made:
    """A token of somebody in the unit, as the officers' list shows it."""
    owner = scene.account("unit_contact", scene.here)
    create_token(owner, f"{scene.mark}程序", SCOPE, 30)
    return {}


NEW: dict[str, Any] = {"name": "同步", "scope": SCOPE, "days": 30}
ROLE = "unit_contact"

ROWS = (
    Row("web:api"),
    Row("powers:tokens", make=tokens),
    Row("powers:tokens", "POST", data={"act": "columns", "size": "50"}),
    Row("powers:token_new", role=ROLE, make=ready, shows=False),
    Row("powers:token_new", "POST", make=ready, data=NEW, role=ROLE, here=200, wrong=200, api="powers_token_create"),
    Row("powers:token", make=token),
    Row("powers:token_revoke", "POST", make=token, api="powers_token_revoke"),
    Row("powers:all_tokens", "GET", VIEW, of_the_unit),
    Row("powers:all_tokens", "POST", VIEW, data={"act": "columns", "size": "50"}),
    Row("powers_tokens", make=tokens),
    Row("powers_all_tokens", "GET", VIEW, of_the_unit),
    Row("powers_token", make=token),
    Row("powers_token_create", "POST", make=ready, data=NEW, role=ROLE, here=201, wrong=422),
    Row("powers_token_revoke", "POST", make=token, data={}),
)
