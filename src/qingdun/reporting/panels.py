"""The workbench's six figures and, for ratios, their bullets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.reporting.views import readings
from qingdun.web import charts, panels

SHOWN = 6


def figures(request: HttpRequest, _subject: Any) -> str:
    """The first figures the reader may see, each a link to the rows it counts."""
    shown = readings(request, timezone.localdate(), limit=SHOWN)
    return render_to_string("reporting/kpis.html", {"readings": shown}, request) if shown else ""


def coverage(request: HttpRequest, _subject: Any) -> str:
    """The shares that ought to reach a goal, with both their parts."""
    aimed = [reading for reading in readings(request, timezone.localdate()) if reading.indicator.goal is not None]
    if not aimed:
        return ""
    ratios = [
        charts.Ratio(
            str(reading.indicator.name),
            reading.figure.value,
            reading.figure.denominator or 0,
            href=reading.url,
            good=reading.indicator.goal or 1.0,
        )
        for reading in aimed
    ]
    chart = charts.bullets("coverage", _("覆盖率"), ratios, label=_("指标"))
    return render_to_string("reporting/coverage.html", {"chart": chart}, request)


panels.register("workbench.figures", 10, "reporting.view", figures)
panels.register("workbench.side", 10, "reporting.view", coverage)
