# Annotations must be real here, not text: the router reads them.
"""The block policies for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.errors import HttpError
from ninja.responses import Status

from qingdun.access import policy
from qingdun.operations import actions, policing, replays
from qingdun.operations.api import doors, shapes
from qingdun.operations.models import Replay
from qingdun.operations.views.acting import MANAGE, VIEW, me, require
from qingdun.operations.views.policies import LAST, find, rows
from qingdun.web.jobs import AlreadyRunning

router = Router()


@router.get("", response=shapes.BlockPolicies, operation_id="operations_policies", summary="封禁策略")
def several(request: HttpRequest) -> Any:
    policy.require(request.user, VIEW)
    return {"policies": [_shown(row) for row in rows()], "problem": policing.policies().problem}


@router.get("/{key}", response=shapes.BlockPolicyWhole, operation_id="operations_policy", summary="一条封禁策略")
def single(request: HttpRequest, key: str) -> Any:
    policy.require(request.user, VIEW)
    return _whole(find(key))


@router.post(
    "/{key}/mode", response=shapes.BlockPolicyWhole, operation_id="operations_policy_mode", summary="变更策略的方式"
)
def mode(request: HttpRequest, key: str, body: shapes.ModeChange) -> Any:
    require(request, MANAGE)
    one = find(key)
    with doors.in_words():
        actions.set_mode(key, body.mode, by=me(request), reason=body.reason)
    return _whole(one)


@router.post(
    "/{key}/replay",
    response={202: shapes.ReplayOut},
    operation_id="operations_policy_replay",
    summary="用最近几天的日志回放策略",
)
def replay(request: HttpRequest, key: str, body: shapes.ReplayIn) -> Any:
    """In the background; the result stands in the policy's `replays`."""
    require(request, MANAGE)
    find(key)
    try:
        return Status(202, replays.ask(key, body.days, by=me(request)))
    except AlreadyRunning:
        raise HttpError(409, "这条策略正在回放。") from None


def _shown(row: Any) -> dict[str, Any]:
    one = policing.policies().found[row.key]
    own = {name: getattr(row, name) for name in ("key", "name", "mode", "standing", "total", "last")}
    return {**own, "conditions": policing.told(one)}


def _whole(one: Any) -> dict[str, Any]:
    row = next(row for row in rows() if row.key == one.key)
    return {**_shown(row), "replays": list(Replay.objects.filter(policy=one.key)[:LAST])}
