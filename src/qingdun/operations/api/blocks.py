# Annotations must be real here, not text: the router reads them.
"""The block list and the emergency stop for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from qingdun.access import policy
from qingdun.detection.models import Alert
from qingdun.operations import actions, forms, shown
from qingdun.operations.api import doors, shapes
from qingdun.operations.listings import BLOCKS
from qingdun.operations.views.acting import BLOCK, MANAGE, STOP, VIEW, me, require
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING = asking(BLOCKS)


@router.get("/blocks", response=Rows[shapes.BlockOut], operation_id="operations_blocks", summary="封禁名单")
def blocks(request: HttpRequest, turn: Query[ASKING]) -> Any:  # type: ignore[valid-type]
    return page(request, BLOCKS, turn)


@router.get("/blocks/{int:pk}", response=shapes.BlockOut, operation_id="operations_block", summary="一条封禁")
def block(request: HttpRequest, pk: int) -> Any:
    return doors.block(request, pk)


@router.post("/blocks", response={201: list[shapes.BlockOut]}, operation_id="operations_block_new", summary="新增封禁")
def create(request: HttpRequest, body: shapes.BlockIn) -> Any:
    """What is wide or long waits for a second person: its `state` is waiting."""
    require(request, BLOCK)
    alert = Alert.objects.visible_to(request.user).filter(pk=body.alert or 0).first()
    with doors.in_words():
        made = actions.block(
            body.addresses,
            by=me(request),
            reason=body.reason,
            direction=body.direction,
            until=doors.until(body.term),
            alert=alert,
        )
    return Status(201, [doors.block(request, one.pk) for one in made])


@router.get("/look", response=shapes.LookOut, operation_id="operations_look", summary="这个地址能不能封")
def look(
    request: HttpRequest, address: shapes.Written, direction: shapes.Direction = "inbound", term: shapes.Term = "1d"
) -> Any:
    """What the guards say; nothing changes."""
    policy.require(request.user, VIEW)
    (found,) = shown.looks([forms.address(address)], direction, doors.until(term))
    return found


@router.post(
    "/blocks/{int:pk}/accept", response=shapes.BlockOut, operation_id="operations_block_accept", summary="采纳候选"
)
def accept(request: HttpRequest, pk: int, body: shapes.Acceptance) -> Any:
    found = doors.block(request, pk)
    require(request, BLOCK)
    with doors.in_words():
        actions.accept(found, by=me(request), reason=body.reason)
    return doors.block(request, pk)


@router.post(
    "/blocks/{int:pk}/refuse", response=shapes.BlockOut, operation_id="operations_block_refuse", summary="拒绝候选"
)
def refuse(request: HttpRequest, pk: int, body: shapes.BlockReason) -> Any:
    found = doors.block(request, pk)
    require(request, BLOCK)
    with doors.in_words():
        actions.refuse(found, by=me(request), reason=body.reason)
    return doors.block(request, pk)


@router.post("/blocks/{int:pk}/lift", response=shapes.BlockOut, operation_id="operations_block_lift", summary="解封")
def lift(request: HttpRequest, pk: int, body: shapes.BlockReason) -> Any:
    found = doors.block(request, pk)
    require(request, BLOCK)
    with doors.in_words():
        actions.lift(found, by=me(request), reason=body.reason)
    return doors.block(request, pk)


@router.post(
    "/blocks/{int:pk}/extend", response=shapes.BlockOut, operation_id="operations_block_extend", summary="变更期限"
)
def extend(request: HttpRequest, pk: int, body: shapes.Extension) -> Any:
    """From now for another term; a long one waits for a second person and stands as it was meanwhile."""
    found = doors.block(request, pk)
    require(request, BLOCK)
    with doors.in_words():
        actions.extend(found, doors.until(body.term), by=me(request), reason=body.reason)
    return doors.block(request, pk)


@router.post(
    "/placements/{int:pk}/retry",
    response=shapes.PlacementOut,
    operation_id="operations_placement_retry",
    summary="重试下发",
)
def retry(request: HttpRequest, pk: int) -> Any:
    found = doors.placement(request, pk)
    require(request, BLOCK)
    actions.retry(found, by=me(request))
    return doors.placement(request, pk)


@router.post(
    "/placements/{int:pk}/answer",
    response=shapes.PlacementOut,
    operation_id="operations_placement_answer",
    summary="登记人工工单的结果",
)
def answer(request: HttpRequest, pk: int, body: shapes.WorkDone) -> Any:
    found = doors.placement(request, pk)
    require(request, BLOCK)
    with doors.in_words():
        actions.answer(found, body.done, body.text, by=me(request))
    return doors.placement(request, pk)


@router.get("/stop", response=shapes.StopOut, operation_id="operations_stop_state", summary="现在是否急停")
def stopped(request: HttpRequest) -> Any:
    policy.require(request.user, VIEW)
    return _stop()


@router.post("/stop", response=shapes.StopOut, operation_id="operations_stop", summary="急停封禁")
def stop(request: HttpRequest, body: shapes.BlockReason) -> Any:
    require(request, STOP)
    with doors.in_words():
        actions.stop(by=me(request), reason=body.reason)
    return _stop()


@router.post("/resume", response=shapes.StopOut, operation_id="operations_resume", summary="恢复封禁")
def resume(request: HttpRequest, body: shapes.BlockReason) -> Any:
    require(request, MANAGE)
    with doors.in_words():
        actions.resume(by=me(request), reason=body.reason)
    return _stop()


def _stop() -> dict[str, Any]:
    found = shown.stop()
    if found is None:
        return {"standing": False}
    return {"standing": True, "since": found.since, "by": found.by.username, "reason": found.reason}
