"""The list page of every room: `return lists.respond(request, HOSTS)` is a whole view.

A page of a 200,000-row list costs a fixed number of queries: the counts, the keys of one page (an index walked from
the nearer end) and the rows of those keys. Words, which no index serves, are looked for once: when they leave few rows,
the keys that were found stand for the question in what follows.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.web import habits, listed, sheets
from qingdun.web.asked import Asked
from qingdun.web.core.paging import Page
from qingdun.web.listing import Listing, M
from qingdun.web.requests import htmx

RESULTS = "results"
FEW = 1000  # keys named one by one in a query


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
    partial = htmx(request).target == RESULTS
    template = "web/parts/list_results.html" if partial else listing.template
    response = render(request, template, {"list": shown, "listing": listing})
    if partial:
        here = htmx(request).current_url_abs_path
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
    rows, counts = _found(rows, listing) if asked.words else (rows, _counts(rows, listing))
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


def _found(rows: QuerySet[M], listing: Listing[M]) -> tuple[QuerySet[M], dict[str, int]]:
    """The same rows, by their keys when they are few, and their counts."""
    field = listing.states.field if listing.states else "pk"
    found = dict(rows.order_by().values_list("pk", field)[: FEW + 1])
    if len(found) > FEW:
        return rows, _counts(rows, listing)
    counts = Counter(found.values()) if listing.states else {"": len(found)}
    return rows.filter(pk__in=list(found)), counts


def _counts(rows: QuerySet[M], listing: Listing[M]) -> dict[str, int]:
    """Rows by state in one query; without states, and in a state without a tab, they count under an empty name."""
    if listing.states is None:
        return {"": rows.count()}
    field, tabs = listing.states.field, [value for value, _title in listing.states.options]
    rows = rows.order_by()
    if not rows.query.where:  # everything: the index by state is read from end to end
        return dict(rows.values_list(field).annotate(how_many=Count("*")))
    # No GROUP BY: it would lead the database through the index by state to every row, and past the index of a filter.
    wanted = [Count("pk"), *(Count("pk", filter=Q(**{field: value})) for value in tabs)]
    found = rows.aggregate(**{f"count{n}": one for n, one in enumerate(wanted)})
    everything, *by_tab = (found[f"count{n}"] for n in range(len(wanted)))
    return {"": everything - sum(by_tab), **dict(zip(tabs, by_tab, strict=True))}


def _rows(rows: QuerySet[M], listing: Listing[M], asked: Asked, page: Page) -> list[M]:
    """The page's rows, reached from the nearer end."""
    ordered = rows.order_by(*asked.order(listing))
    if page.from_end:
        return in_full(ordered.reverse(), listing, *page.backward)[::-1]
    return in_full(ordered, listing, page.start, page.stop)


def in_full(ordered: QuerySet[M], listing: Listing[M], start: int, stop: int) -> list[M]:
    """Some rows of an ordered list. Their keys are found first, over an index where there is one; only they are read
    in full."""
    keys = list(ordered.values_list("pk", flat=True)[start:stop])
    found = ordered.order_by().filter(pk__in=keys).select_related(*listing.related) if keys else ()
    by_key = {row.pk: row for row in found}
    return [by_key[key] for key in keys if key in by_key]
