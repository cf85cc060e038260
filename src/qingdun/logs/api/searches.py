"""常用检索: searches the caller keeps under names."""

from typing import Any, cast

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs.models import SavedSearch
from qingdun.logs.search.visible import SEARCH
from qingdun.web.machine import Body

router = Router()


class SavedSearchOut(Schema):
    id: int
    name: str
    query: str


class SavedSearchIn(Body):
    """`query` is what stands behind the address of the search page, from the `?` on."""

    name: str = Field(min_length=1, max_length=60)
    query: str = Field(min_length=2, max_length=4000, pattern=r"^\?\S+$")


@router.get("", response=list[SavedSearchOut], operation_id="logs_searches", summary="我的常用检索")
def own(request: HttpRequest) -> Any:
    policy.require(request.user, SEARCH)
    return SavedSearch.objects.filter(account=cast(Account, request.user))


@router.post("", response={201: SavedSearchOut}, operation_id="logs_search_save", summary="保存常用检索")
def save(request: HttpRequest, body: SavedSearchIn) -> Any:
    """Under a name that is taken the new query replaces the old one."""
    policy.require(request.user, SEARCH)
    kept, _made = SavedSearch.objects.update_or_create(
        account=cast(Account, request.user), name=body.name, defaults={"query": body.query}
    )
    return Status(201, kept)


@router.delete("/{int:pk}", response={204: None}, operation_id="logs_search_drop", summary="删除常用检索")
def drop(request: HttpRequest, pk: int) -> Any:
    policy.require(request.user, SEARCH)
    gone, _kinds = SavedSearch.objects.filter(account=cast(Account, request.user), pk=pk).delete()
    if not gone:
        raise Http404
    return Status(204, None)
