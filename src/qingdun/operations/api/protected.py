# Annotations must be real here, not text: the router reads them.
"""The protected list for programs."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from qingdun.operations import actions
from qingdun.operations.api import doors, shapes
from qingdun.operations.listings import PROTECTED
from qingdun.operations.views.acting import MANAGE, me, require
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING = asking(PROTECTED)


@router.get("", response=Rows[shapes.ProtectedOut], operation_id="operations_protected", summary="保护名单")
def several(request: HttpRequest, turn: Query[ASKING]) -> Any:  # type: ignore[valid-type]
    return page(request, PROTECTED, turn)


@router.get(
    "/{int:pk}", response=shapes.ProtectedOut, operation_id="operations_protected_one", summary="保护名单中的一条"
)
def single(request: HttpRequest, pk: int) -> Any:
    return one(request, PROTECTED, pk)


@router.post("", response={201: shapes.ProtectedOut}, operation_id="operations_protected_new", summary="加入保护")
def create(request: HttpRequest, body: shapes.ProtectedIn) -> Any:
    require(request, MANAGE)
    with doors.in_words():
        made = actions.protect(body.address, body.kind, body.reason, by=me(request))
    return Status(201, one(request, PROTECTED, made.pk))


@router.delete("/{int:pk}", response={204: None}, operation_id="operations_protected_remove", summary="移出保护名单")
def remove(request: HttpRequest, pk: int, reason: shapes.Reason) -> Any:
    found = one(request, PROTECTED, pk)
    require(request, MANAGE)
    with doors.in_words():
        actions.unprotect(found, by=me(request), reason=reason)
    return Status(204, None)
