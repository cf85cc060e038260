from __future__ import annotations

from django.db.models import Sum
from django.http import HttpRequest, HttpResponseBase
from django.template.loader import render_to_string

from qingdun.detection.listings.attacks import ATTACKS
from qingdun.web import lists
from qingdun.web.listed import Shown


def index(request: HttpRequest) -> HttpResponseBase:
    """Attacks as counted; figures lead here."""
    return lists.respond(request, ATTACKS)


def totals(request: HttpRequest, shown: Shown) -> str:
    """Both counters over what the filter leaves, whatever page of it is shown."""
    rows = ATTACKS.rows(request.user)
    if shown.problem:
        return ""
    hits = shown.asked.narrow(rows, ATTACKS).aggregate(hits=Sum("hits"))["hits"] or 0
    context = {"attacks": shown.page.total, "hits": hits}
    return render_to_string("detection/parts/attack_totals.html", context, request=request)
