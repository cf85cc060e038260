# Annotations must be real here, not text: the router reads them.
"""The blocking devices for programs."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router
from ninja.responses import Status

from qingdun.operations import actions
from qingdun.operations.api import shapes
from qingdun.operations.listings import ENFORCERS
from qingdun.operations.models import Enforcer
from qingdun.operations.views.acting import BLOCK, MANAGE, me, require
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING = asking(ENFORCERS)


@router.get("/enforcers", response=Rows[shapes.EnforcerOut], operation_id="operations_enforcers", summary="封禁设备")
def several(request: HttpRequest, turn: Query[ASKING]) -> Any:  # type: ignore[valid-type]
    return page(request, ENFORCERS, turn)


@router.get(
    "/enforcers/{int:pk}", response=shapes.EnforcerOut, operation_id="operations_enforcer", summary="一台封禁设备"
)
def single(request: HttpRequest, pk: int) -> Any:
    return one(request, ENFORCERS, pk)


@router.post(
    "/enforcers",
    response={201: shapes.EnforcerOut},
    operation_id="operations_enforcer_create",
    summary="登记封禁设备",
)
def create(request: HttpRequest, body: shapes.EnforcerIn) -> Any:
    require(request, MANAGE)
    made = actions.add_enforcer(Enforcer(**body.dict()), by=me(request))
    return Status(201, one(request, ENFORCERS, made.pk))


@router.patch(
    "/enforcers/{int:pk}", response=shapes.EnforcerOut, operation_id="operations_enforcer_edit", summary="变更封禁设备"
)
def change(request: HttpRequest, pk: int, body: shapes.EnforcerChange) -> Any:
    found = one(request, ENFORCERS, pk)
    require(request, MANAGE)
    for name, value in body.dict(exclude_none=True, exclude={"reason"}).items():
        setattr(found, name, value)
    actions.change_enforcer(found, by=me(request), reason=body.reason)
    return one(request, ENFORCERS, pk)


@router.post(
    "/enforcers/{int:pk}/read-back",
    response={202: shapes.EnforcerOut},
    operation_id="operations_enforcer_read_back",
    summary="现在核对设备上的名单",
)
def read_back(request: HttpRequest, pk: int) -> Any:
    found = one(request, ENFORCERS, pk)
    require(request, BLOCK)
    actions.read_back(found, by=me(request))
    return Status(202, one(request, ENFORCERS, pk))


@router.post(
    "/enforcers/{int:pk}/token",
    response={201: shapes.FeedKey},
    operation_id="operations_enforcer_token",
    summary="给设备新的取名单密钥",
)
def token(request: HttpRequest, pk: int) -> Any:
    """The one before stops working at once."""
    found = one(request, ENFORCERS, pk)
    require(request, MANAGE)
    key = actions.new_token(found, by=me(request))
    address = request.build_absolute_uri(reverse("operations:feed", args=[1]))
    return Status(201, {"key": key, "address": address})
