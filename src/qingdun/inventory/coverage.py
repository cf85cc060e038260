"""Ratios of any day, with the rows they are short of: pick a day, and a unit as it stood then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.http import require_safe

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.access.policy import Scope
from qingdun.inventory import forms as ours
from qingdun.inventory.indicators import BY_KEY, MISSING, missing_url, rows_url
from qingdun.inventory.models import units_open_to
from qingdun.lib.indicator import Figure
from qingdun.web.asked import Asked
from qingdun.web.listing import Listing

FIRST = 10  # of the missing rows, shown at once


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio of one day. `short` of the rows it is short of are the reader's to see today; `rows` are the first."""

    key: str
    name: object
    unit: object
    definition: object
    figure: Figure
    missing: int
    short: int
    rows: list[Any]
    rows_url: str
    missing_url: str

    @property
    def elsewhere(self) -> int:
        """Rows that stood in the scope that day and are not the reader's to see any more."""
        return self.missing - self.short


def ratios(user: Any, at: date, unit: Unit | None = None) -> list[Ratio]:
    """Every ratio of the register over a unit, or over all the reader may see, on that day."""
    scope = policy.scope(user, "inventory.view")
    if unit is not None:
        scope = Scope("inventory.view", (unit.path,))
    return [_ratio(key, user, at, scope, unit) for key in MISSING]


def _ratio(key: str, user: Any, at: date, scope: Scope, unit: Unit | None) -> Ratio:
    one = BY_KEY[key]
    figure = one.count(at, scope)
    address = missing_url(key, at, unit)
    path, _mark, query = address.partition("?")
    listing: Listing[Any] = resolve(path).kwargs["listing"]
    rows = Asked.read(QueryDict(query), listing).narrow(listing.rows(user), listing)
    if unit is None and not scope.everywhere:  # as it stood then, like the figure
        rows = rows.filter(Q(pk__in=rows.model._default_manager.held(scope, at).values("pk")))
    missing = (figure.denominator or 0) - figure.value
    first = list(rows.order_by(*listing.order).select_related(*listing.related)[:FIRST]) if missing else []
    short = rows.count() if len(first) == FIRST else len(first)
    return Ratio(
        key, one.name, one.unit, one.definition, figure, missing, short, first, rows_url(key, at, unit), address
    )


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "inventory.view")
    form = ours.CoverageForm(request.GET or None, user=request.user)
    at, unit = timezone.localdate(), None
    if form.is_valid():
        at, unit = form.cleaned_data["on"] or at, form.cleaned_data["unit"]
    shown = [] if form.errors else ratios(request.user, at, unit)
    context = {"form": form, "at": at, "unit": unit, "ratios": shown, "units": units_open_to(request.user)}
    return render(request, "inventory/coverage.html", context)
