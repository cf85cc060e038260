"""A `Listing` for programs: the page's rows, filters, order and scope, one bounded page at a time."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Field
from ninja.errors import HttpError
from pydantic import create_model

from qingdun import audit
from qingdun.access import policy
from qingdun.web.asked import LONGEST, Asked
from qingdun.web.listing import Listing, M
from qingdun.web.lists import in_full
from qingdun.web.machine.shapes import Turn

SHOWN_AT_ONCE = 100


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
    """Asked for, narrowed and ordered as the list page does it. A parameter that the list does not take is refused.

    Pages larger than a screen's take rows out of the platform: they need the permission to export, and are on record.
    """
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
    taken_out = bool(listing.export) and turn.size > SHOWN_AT_ONCE
    if taken_out:
        rows = _out(request, listing, rows)
    start = (turn.page - 1) * turn.size
    found = in_full(rows.order_by(*asked.order(listing)), listing, start, start + turn.size + 1)
    if taken_out:
        _on_record(request, listing, asked, turn, len(found[: turn.size]))
    return {
        "total": rows.count() if turn.total else None,
        "page": turn.page,
        "size": turn.size,
        "next": _next(request, turn) if len(found) > turn.size else None,
        "rows": found[: turn.size],
    }


def _out(request: HttpRequest, listing: Listing[M], rows: QuerySet[M]) -> QuerySet[M]:
    """Only what lies inside the reader's scope for exporting, as the page's own export takes it."""
    policy.require(request.user, listing.export)
    scope = policy.scope(request.user, listing.export)
    if listing.unit_path:
        return rows.filter(scope.q(listing.unit_path))
    return rows if scope.everywhere else rows.none()


def _on_record(request: HttpRequest, listing: Listing[Any], asked: Asked, turn: Turn, count: int) -> None:
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        what = f"{listing.title} {asked.but(page=turn.page, size=turn.size).query} {count}"
        audit.record(request.user, listing.export, what, _("经接口导出"))


def _next(request: HttpRequest, turn: Turn) -> str:
    query = request.GET.copy()
    query["page"] = str(turn.page + 1)
    return f"{request.path}?{query.urlencode()}"


def one(request: HttpRequest, listing: Listing[M], pk: int) -> M:
    """One row of the list: 403 for who sees none of its kind, 404 for the rows of others."""
    if listing.permission:
        policy.require(request.user, listing.permission)
    return get_object_or_404(listing.rows(request.user).select_related(*listing.related), pk=pk)
