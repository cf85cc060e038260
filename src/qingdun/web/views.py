"""The pages of the shell itself: the workbench and the global search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from qingdun.web import finders, panels


@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    """The first page after signing in. Everything on it comes from panels of the rooms above."""
    slots = ("freshness", "figures", "main", "side")
    shown = {slot: panels.show(request, f"workbench.{slot}") for slot in slots}
    context = {"now": timezone.now(), "shown": shown, "bare": not any(shown[slot] for slot in slots[1:])}
    return render(request, "web/workbench.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    context = {"words": words, "found": finders.search(request.user, words), "labels": finders.open_to(request.user)}
    return render(request, "web/search.html", context)
