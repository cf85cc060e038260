"""The list page of every room: `return lists.respond(request, HOSTS)` is a whole view.

A page of a 200,000-row list costs a fixed number of queries: the counts, the keys of one page (an index walked from
the nearer end) and the rows of those keys.
"""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.web import habits, listed, sheets
from qingdun.web.asked import Asked
from qingdun.web.core.paging import Page
from qingdun.web.listing import Listing, M

RESULTS = "results"


@require_http_methods(["GET", "HEAD", "POST"])
def respond(request: HttpRequest, listing: Listing[M]) -> HttpResponseBase:
    """The whole page, only its results (htmx), the list as a file, or a changed habit."""
    if listing.permission and not policy.may(request.user, listing.permission):
        return render(request, "web/list_denied.html", {"listing": listing}, status=403)
    asked = Asked.read(request.GET, listing)
    if request.method == "POST":
        if request.POST.get("act") == "export":
            return sheets.export(request, listing, asked)
        habits.change(request, listing, asked)
        return redirect(request.path + asked.query)
    shown = look(request, listing, asked)
    partial = bool(request.htmx) and request.htmx.target == RESULTS  # type: ignore[attr-defined]
    template = "web/parts/list_results.html" if partial else listing.template
    response = render(request, template, {"list": shown, "listing": listing})
    if partial:
        here = request.htmx.current_url_abs_path  # type: ignore[attr-defined]
        address = request.path + asked.query
        response["HX-Push-Url"] = "false" if here == address else address  # "back" never stays where it is
    return response


def look(request: HttpRequest, listing: Listing[M], asked: Asked) -> listed.Shown:
    """One page of the list as this reader sees it."""
    habit = habits.of(request.user, listing)
    problem = ""
    rows = listing.rows(request.user)
    try:
        rows = asked.narrow(rows, listing)
    except ValueError as error:
        rows, problem = rows.none(), str(error)
    counts = _counts(rows, listing)
    total = counts.get(asked.state, 0) if asked.state else sum(counts.values())
    if listing.states and asked.state:
        rows = rows.filter(**{listing.states.field: asked.state})
    page = Page.of(asked.page, asked.size or habit.size, total)
    return listed.build(
        request.user,
        listing,
        asked,
        columns=habits.columns(listing, habit),
        page=page,
        rows=_rows(rows, listing, asked, page),
        counts=counts,
        problem=problem,
        saved=habits.saved(request.user, listing),
    )


def _counts(rows: QuerySet[M], listing: Listing[M]) -> dict[str, int]:
    """Rows by state in one query; without states everything counts under one empty name."""
    if listing.states is None:
        return {"": rows.count()}
    field = listing.states.field
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


def _rows(rows: QuerySet[M], listing: Listing[M], asked: Asked, page: Page) -> list[M]:
    """The page's rows. Their keys are found first, over an index where there is one, and only they are read in full."""
    ordered = rows.order_by(*asked.order(listing)).values_list("pk", flat=True)
    if page.from_end:
        start, stop = page.backward
        keys = list(ordered.reverse()[start:stop])[::-1]
    else:
        keys = list(ordered[page.start : page.stop])
    found = rows.model._default_manager.none() if not keys else rows.order_by().filter(pk__in=keys)
    by_key = {row.pk: row for row in found.select_related(*listing.related)}
    return [by_key[key] for key in keys if key in by_key]
