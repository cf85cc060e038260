"""Approvals are everybody's own: `here` is who asked, or on whose desk it lies."""

from __future__ import annotations

from typing import Any

from qingdun.access import approvals
from qingdun.access.models import Approval
from tests.kinds import kind
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene


def _ask(scene: Scene, by: Any) -> Approval:
    scene.keep.enter_context(kind({"extend": {"days": 3, "by": "decider"}}))
    return approvals.ask(
        "test.kind", by=by, unit=scene.here, reason="工作需要", asked={"n": 1}, title=f"{scene.mark}事项"
    )


def waiting(scene: Scene) -> Made:
    """On `scene.me`'s desk."""
    scene.give(scene.me, "unit_contact", scene.here)
    return {"pk": _ask(scene, scene.account("", scene.here)).pk}


def asked(scene: Scene) -> Made:
    """By `scene.me`."""
    return {"pk": _ask(scene, scene.me).pk}


def wanting(scene: Scene) -> Made:
    """With `scene.me`, who is to supplement it."""
    one = _ask(scene, scene.me)
    approvals.ask_supplement(one, by=scene.account("unit_contact", scene.here), reason="缺材料")
    return {"pk": one.pk}


def decided(scene: Scene) -> Made:
    made = waiting(scene)
    approvals.decide(Approval.objects.get(**made), "agree", by=scene.me)
    return {}


def listed(make: Any) -> Any:
    return lambda scene: {} if make(scene) else {}


REASON = {"reason": "理由"}
MOVES: tuple[tuple[str, Any, dict[str, Any], dict[str, Any]], ...] = (
    ("decide", waiting, {"verdict": "agree"}, {"verdict": "agree"}),
    ("ask_supplement", waiting, {"wanted-reason": "缺"}, REASON),
    ("extend", waiting, {"extend-days": 1, "extend-reason": "忙"}, {"days": 1, **REASON}),
    ("supplement", wanting, {"supply-text": "补上"}, {"text": "补上"}),
    ("withdraw", asked, {}, {}),
)

ROWS = (
    Row("powers:inbox", "GET", make=listed(waiting)),
    Row("powers:inbox", "POST", make=listed(waiting), api="powers_inbox"),
    Row("powers:asked", "GET", make=listed(asked)),
    Row("powers:asked", "POST", make=listed(asked), api="powers_asked"),
    Row("powers:decided", "GET", make=decided),
    Row("powers:decided", "POST", make=decided, api="powers_decided"),
    Row("powers:ask"),
    Row("powers:approvals_together", "POST", make=listed(waiting), here=200, shows=False, api="powers_approval_decide"),
    Row("powers:approval", "GET", make=asked),
    *(
        Row(f"powers:approval_{move}", "POST", make=make, data=form, api=f"powers_approval_{move}")
        for move, make, form, _body in MOVES
    ),
    Row("powers_inbox", "GET", make=listed(waiting)),
    Row("powers_asked", "GET", make=listed(asked)),
    Row("powers_decided", "GET", make=decided),
    Row("powers_approval", "GET", make=asked),
    *(Row(f"powers_approval_{move}", "POST", make=make, data=body, shows=True) for move, make, _form, body in MOVES),
)
