from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from qingdun.access import policy
from qingdun.reporting.figures import Reading, day, permissions, read


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Every figure the reader may see, for any day, each with its definition, its parts and its rows."""
    policy.require(request.user, "reporting.view")
    asked = request.GET.get("at", "")
    at, wrong = _day(asked)
    return render(request, "reporting/figures.html", {"readings": readings(request, at), "at": at, "wrong": wrong})


def readings(request: HttpRequest, at: date, limit: int | None = None) -> list[Reading]:
    """The figures of one day within the reader's own scopes, the first `limit` of them."""
    return read({key: policy.scope(request.user, key) for key in permissions()}, at, limit)


def _day(text: str) -> tuple[date, str]:
    """The day asked for, or today and the text that was no day."""
    try:
        return (day(text) if text else timezone.localdate()), ""
    except ValueError:
        return timezone.localdate(), text
