"""The workbench's six figures and, for ratios, their bullets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from qingdun.reporting.views import readings
from qingdun.web import panels

SHOWN = 6


def figures(request: HttpRequest, _subject: Any) -> str:
    """The first figures the reader may see, each a link to the rows it counts."""
    shown = readings(request, timezone.localdate(), limit=SHOWN)
    return render_to_string("reporting/kpis.html", {"readings": shown}, request) if shown else ""


panels.register("workbench.figures", 10, "reporting.view", figures)
