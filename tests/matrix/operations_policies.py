"""What blocks by itself: seen by whoever sees the block list, changed over the whole platform only."""

from __future__ import annotations

from qingdun.operations import policing
from tests.matrix.operations_blocks import MANAGE, VIEW, act, seen
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

MODE = {"mode": "dry", "reason": "先看看"}


def policy(scene: Scene) -> Made:
    return {"key": next(iter(policing.policies().found))}


ROWS = (
    Row("operations:policies", "GET", VIEW, elsewhere=200),
    seen("operations:policy", policy),
    act("operations:policy_mode", MANAGE, policy, MODE),
    act("operations:policy_replay", MANAGE, policy, {"days": "1"}),
    seen("operations_policies"),
    seen("operations_policy", policy),
    act("operations_policy_mode", MANAGE, policy, MODE),
    act("operations_policy_replay", MANAGE, policy, {"days": 1}, here=202),
)
