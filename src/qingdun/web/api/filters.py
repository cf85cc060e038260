"""常用筛选: the caller's own filters of the lists, under names."""

from typing import Any, cast

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema
from ninja.responses import Status

from qingdun.access.models import Account
from qingdun.web.machine import Body
from qingdun.web.models import SavedFilter

router = Router()
MOST = 500  # of one account


class SavedFilterOut(Schema):
    id: int
    listing: str
    name: str
    query: str


class SavedFilterIn(Body):
    """`listing` is the list's key, such as `inventory.hosts`; `query` what follows its address, from the `?` on."""

    listing: str = Field(min_length=1, max_length=80, pattern=r"^[a-z_]+\.[a-z_]+$")
    name: str = Field(min_length=1, max_length=40)
    query: str = Field(min_length=2, max_length=2000, pattern=r"^\?\S+$")


@router.get("", response=list[SavedFilterOut], operation_id="web_filters", summary="我的常用筛选")
def own(request: HttpRequest) -> Any:
    return SavedFilter.objects.filter(account=cast(Account, request.user)).order_by("listing", "name")[:MOST]


@router.post("", response={201: SavedFilterOut}, operation_id="web_filter_save", summary="保存常用筛选")
def save(request: HttpRequest, body: SavedFilterIn) -> Any:
    """Under a name that is taken in this list, the new query replaces the old one."""
    kept, _made = SavedFilter.objects.update_or_create(
        account=cast(Account, request.user),
        listing=body.listing,
        name=body.name.strip() or body.name,
        defaults={"query": body.query},
    )
    return Status(201, kept)


@router.delete("/{int:pk}", response={204: None}, operation_id="web_filter_drop", summary="删除常用筛选")
def drop(request: HttpRequest, pk: int) -> Any:
    gone, _kinds = SavedFilter.objects.filter(account=cast(Account, request.user), pk=pk).delete()
    if not gone:
        raise Http404
    return Status(204, None)
