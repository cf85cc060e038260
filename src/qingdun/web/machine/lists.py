"""A `Listing` for programs: the page's rows, filters, order and scope, one bounded page at a time."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field
from ninja.errors import HttpError
from pydantic import create_model

from qingdun.access import policy
from qingdun.web.asked import LONGEST, Asked
from qingdun.web.listing import Listing, M
from qingdun.web.machine.shapes import Turn


def asking(listing: Listing[Any]) -> type[Turn]:
    """The parameters a list takes: a page, words, state, order, and each of its filters."""
    fields: dict[str, Any] = {one.key: (str, Field("", max_length=LONGEST)) for one in listing.filters}
    if listing.search:
        fields["q"] = (str, Field("", max_length=LONGEST))
    if listing.states:
        fields["state"] = (_one_of([str(value) for value, _title in listing.states.options]), None)
    if orders := [sign + column.key for column in listing.columns if column.sort for sign in ("", "-")]:
        fields["sort"] = (_one_of(orders), None)
    return create_model(f"Asking_{listing.key.replace('.', '_')}", __base__=Turn, **fields)


def _one_of(values: list[str]) -> Any:
    return Literal[tuple(values)] | None


def page(request: HttpRequest, listing: Listing[Any], turn: Turn) -> dict[str, Any]:
    """Asked for, narrowed and ordered as the list page does it. A parameter that the list does not take is refused."""
    if listing.permission:
        policy.require(request.user, listing.permission)
    if unknown := sorted(set(request.GET) - set(type(turn).model_fields)):
        raise HttpError(422, _("没有这个参数：%s") % "、".join(unknown))
    asked = Asked.read(request.GET, listing)
    try:
        rows = asked.narrow(listing.rows(request.user), listing)
    except ValueError as error:
        raise HttpError(422, str(error)) from None
    if listing.states and asked.state:
        rows = rows.filter(**{listing.states.field: asked.state})
    ordered = rows.order_by(*asked.order(listing)).select_related(*listing.related)
    start = (turn.page - 1) * turn.size
    found = list(ordered[start : start + turn.size + 1])
    return {
        "total": rows.count() if turn.total else None,
        "page": turn.page,
        "size": turn.size,
        "next": _next(request, turn) if len(found) > turn.size else None,
        "rows": found[: turn.size],
    }


def _next(request: HttpRequest, turn: Turn) -> str:
    query = request.GET.copy()
    query["page"] = str(turn.page + 1)
    return f"{request.path}?{query.urlencode()}"


def one(request: HttpRequest, listing: Listing[M], pk: int) -> M:
    """One row of the list: 403 for who sees none of its kind, 404 for the rows of others."""
    if listing.permission:
        policy.require(request.user, listing.permission)
    return get_object_or_404(listing.rows(request.user).select_related(*listing.related), pk=pk)
