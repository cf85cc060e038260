# Annotations must be real here, not text: the router reads them, and the shapes differ from kind to kind.
"""The register for programs: the pages' rows, filters, scope and acts, as JSON.

A list takes the page's filters, `sort`, `page` from 1 and `size` up to 1,000. What a form would refuse is answered with
422 and the same words.
"""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status

from qingdun.inventory.api import differing, doors, shapes, tree
from qingdun.inventory.listings import DIFFERENCES, UNITS
from qingdun.inventory.models import System
from qingdun.inventory.views import AGENT, CONTACT, DEVICE, HOST, PROTECTION, SITE, SYSTEM, Kind
from qingdun.web.machine import imports
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING_UNITS = asking(UNITS)
ASKING_DIFFERENCES = asking(DIFFERENCES)


def _open(kind: Kind, given: type[Schema], shown: type[Schema]) -> None:
    """The six doors of one kind."""
    base, name, word = f"/{kind.key}s", f"inventory_{kind.key}", kind.listing.title
    asked = asking(kind.listing)

    @router.get(base, response=Rows[shown], operation_id=f"{name}s", summary=f"{word}列表")  # type: ignore[valid-type]
    def several(request: HttpRequest, turn: Query[asked]) -> Any:  # type: ignore[valid-type]
        return page(request, kind.listing, turn)

    @router.get(f"{base}/{{int:pk}}", response=shown, operation_id=name, summary=f"一个{word}")
    def single(request: HttpRequest, pk: int) -> Any:
        return one(request, kind.listing, pk)

    @router.get(
        f"{base}/{{int:pk}}/history",
        response=list[shapes.ChangeOut],
        operation_id=f"{name}_history",
        summary=f"{word}的变更记录",
    )
    def history(request: HttpRequest, pk: int, page: shapes.PageNumber = 1) -> Any:
        return doors.history(request, kind.listing, pk, page)

    @router.get(
        f"{base}/{{int:pk}}/then",
        response=shapes.ThenOut,
        operation_id=f"{name}_then",
        summary=f"{word}在过去某日的样子",
    )
    def then(request: HttpRequest, pk: int, on: date) -> Any:
        return doors.then(request, kind.listing, pk, on)

    @router.post(base, response={201: shown}, operation_id=f"{name}_create", summary=f"登记{word}")
    def create(request: HttpRequest, body: given) -> Any:  # type: ignore[valid-type]
        return Status(201, doors.create(request, kind, body))

    @router.patch(f"{base}/{{int:pk}}", response=shown, operation_id=f"{name}_change", summary=f"变更{word}")
    def change(request: HttpRequest, pk: int, body: given) -> Any:  # type: ignore[valid-type]
        return doors.change(request, kind, pk, body)

    @router.post(f"{base}/{{int:pk}}/retire", response=shown, operation_id=f"{name}_retire", summary=f"停用{word}")
    def retire(request: HttpRequest, pk: int, body: shapes.Retirement) -> Any:
        return doors.retire(request, kind, pk, body)

    @router.delete(
        f"{base}/{{int:pk}}", response={204: None}, operation_id=f"{name}_remove", summary=f"删除登记有误的{word}"
    )
    def remove(request: HttpRequest, pk: int, reason: str) -> Any:
        doors.remove(request, kind, pk, reason)
        return Status(204, None)


_open(SYSTEM, shapes.SystemIn, shapes.SystemOut)
_open(HOST, shapes.HostIn, shapes.HostOut)
_open(SITE, shapes.SiteIn, shapes.SiteOut)
_open(DEVICE, shapes.DeviceIn, shapes.DeviceOut)
_open(CONTACT, shapes.ContactIn, shapes.ContactOut)
_open(AGENT, shapes.AgentIn, shapes.AgentOut)
_open(PROTECTION, shapes.ProtectionIn, shapes.ProtectionOut)


@router.post(
    "/systems/{int:pk}/stage",
    response=shapes.SystemOut,
    operation_id="inventory_system_stage",
    summary="变更信息系统的阶段",
)
def stage(request: HttpRequest, pk: int, body: shapes.StageMove) -> System:
    return doors.move(request, pk, body.stage, body.on, body.reason)


@router.get("/units", response=Rows[shapes.UnitOut], operation_id="inventory_units", summary="单位列表")
def units(request: HttpRequest, turn: Query[ASKING_UNITS]) -> Any:  # type: ignore[valid-type]
    return page(request, UNITS, turn)


@router.get("/units/{int:pk}", response=shapes.UnitOut, operation_id="inventory_unit", summary="一个单位")
def unit(request: HttpRequest, pk: int) -> Any:
    return one(request, UNITS, pk)


@router.get(
    "/units/{int:pk}/history",
    response=list[shapes.ChangeOut],
    operation_id="inventory_unit_history",
    summary="单位的变更记录",
)
def unit_history(request: HttpRequest, pk: int, page: shapes.PageNumber = 1) -> Any:
    return doors.history(request, UNITS, pk, page)


@router.get(
    "/units/{int:pk}/then", response=shapes.ThenOut, operation_id="inventory_unit_then", summary="单位在过去某日的样子"
)
def unit_then(request: HttpRequest, pk: int, on: date) -> Any:
    return doors.then(request, UNITS, pk, on)


@router.post("/units", response={201: shapes.UnitOut}, operation_id="inventory_unit_create", summary="登记单位")
def create_unit(request: HttpRequest, body: shapes.UnitIn) -> Any:
    return Status(201, tree.create(request, body))


@router.post(
    "/units/{int:pk}/rename", response=shapes.UnitOut, operation_id="inventory_unit_rename", summary="单位更名"
)
def rename(request: HttpRequest, pk: int, body: shapes.Renaming) -> Any:
    return tree.rename(request, pk, body)


@router.post("/units/{int:pk}/move", response=shapes.UnitOut, operation_id="inventory_unit_move", summary="划转单位")
def move(request: HttpRequest, pk: int, body: shapes.Moving) -> Any:
    return tree.move(request, pk, body)


@router.post(
    "/units/{int:pk}/merge/plan",
    response=shapes.PlanOut,
    operation_id="inventory_unit_merge_plan",
    summary="合并单位之前看会发生什么",
)
def merge_plan(request: HttpRequest, pk: int, body: shapes.Merging) -> Any:
    """What a merger would do. Send its `seen` along to carry it out."""
    return tree.plan(request, pk, body)


@router.post("/units/{int:pk}/merge", response=shapes.UnitOut, operation_id="inventory_unit_merge", summary="合并单位")
def merge(request: HttpRequest, pk: int, body: shapes.Confirmation) -> Any:
    return tree.merge(request, pk, body)


@router.get(
    "/coverage", response=list[shapes.RatioOut], operation_id="inventory_coverage", summary="任一天的覆盖率与缺口"
)
def ratios(request: HttpRequest, on: date | None = None, unit: str = "") -> Any:
    """Every ratio of a day, with the addresses of the rows it counts and of those it is short of."""
    return doors.ratios(request, on, unit)


@router.get(
    "/differences",
    response=Rows[shapes.DifferenceOut],
    operation_id="inventory_differences",
    summary="对账差异列表",
)
def differences(request: HttpRequest, turn: Query[ASKING_DIFFERENCES]) -> Any:  # type: ignore[valid-type]
    return page(request, DIFFERENCES, turn)


@router.get(
    "/differences/{int:pk}", response=shapes.DifferenceOut, operation_id="inventory_difference", summary="一条对账差异"
)
def difference(request: HttpRequest, pk: int) -> Any:
    return one(request, DIFFERENCES, pk)


@router.post(
    "/differences/{int:pk}/accept",
    response=shapes.DifferenceOut,
    operation_id="inventory_difference_accept",
    summary="采纳来源所见，更新台账",
)
def accept(request: HttpRequest, pk: int, body: shapes.Accepting) -> Any:
    return differing.accept(request, pk, body)


@router.post(
    "/differences/{int:pk}/explain",
    response=shapes.DifferenceOut,
    operation_id="inventory_difference_explain",
    summary="说明差异的原因",
)
def explain(request: HttpRequest, pk: int, body: shapes.Explaining) -> Any:
    return differing.explain(request, pk, body)


@router.post(
    "/snapshots",
    response={201: shapes.SnapshotOut},
    operation_id="inventory_snapshot",
    summary="送来一份清单与台账对账",
)
def snapshot(request: HttpRequest, body: shapes.SnapshotIn) -> Any:
    return Status(201, differing.take(request, body))


imports.mount(router, "inventory")
