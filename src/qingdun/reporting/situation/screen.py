"""大屏: the situation for a wall. No navigation; it fetches itself anew every minute."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.detection.wording import attack_name
from qingdun.reporting.figures import Reading
from qingdun.reporting.situation import drawing
from qingdun.reporting.situation.counts import Ranked, Situation, Step
from qingdun.reporting.situation.drawing import Bar
from qingdun.reporting.situation.period import Period
from qingdun.reporting.situation.views import Lead, lateness, newest_for
from qingdun.reporting.views import readings
from qingdun.web.requests import htmx

BIG = ("attacks_intercepted", "sources_blocked_by_policy", "attacks_portal", "backdoor_alerts")
COVERAGE = ("agent_coverage", "waf_coverage", "golive_submitted", "golive_passed")
FUNNEL = ("systems_provisioned", "golive_ready", "golive_submitted", "golive_passed")
ROWS = 8


@require_safe
def screen(request: HttpRequest) -> HttpResponse:
    """The whole page, or what changes of it."""
    policy.require(request.user, "reporting.view")
    policy.require(request.user, "detection.view")
    partial = htmx(request).target == "screen"
    return render(request, "reporting/parts/screen.html" if partial else "reporting/screen.html", _shown(request))


def _shown(request: HttpRequest) -> dict[str, Any]:
    now = timezone.localtime()
    period = Period.read("24h", now)
    counted, lead = Situation(request.user, period), Lead(period, None)
    steps = counted.steps()
    figures = {one.indicator.key: one for one in readings(request, now.date())}
    worker, late = lateness()
    return {
        "now": now,
        "city": Unit.objects.filter(parent=None).values_list("short_name", "name").first(),
        "big": [figures[key] for key in BIG if key in figures],
        "coverage": [_covered(figures[key]) for key in COVERAGE if key in figures],
        "funnel": _funnel([figures[key] for key in FUNNEL if key in figures]),
        "trend": _trend(steps),
        "sources": _bars([(one.key, one, lead.attacks(source=one.key)) for one in _named(counted, "source")]),
        "classes": _bars(
            [(str(attack_name(one.key)), one, lead.attacks(attack=one.key)) for one in _named(counted, "attack")]
        ),
        "units": _bars(
            [(str(one.key), one, lead.attacks(own_unit=one.key.code)) for one in counted.by_unit() if one.key]
        ),
        "newest": newest_for(counted.newest()),
        "worker": worker,
        "late": late,
    }


def _named(counted: Situation, field: str) -> list[Ranked]:
    return [one for one in counted.ranked(field, ROWS + 1) if one.key]


def _bars(several: list[tuple[str, Ranked, str]]) -> list[Bar]:
    return drawing.bars([(label, one.hits, url) for label, one, url in several[:ROWS]])


def _covered(one: Reading) -> Bar:
    share = one.figure.ratio or 0.0
    tone = "good" if share >= (one.indicator.goal or 0.9) else "fair" if share >= 0.6 else "poor"
    return Bar(str(one.indicator.name), f"{one.parts}　{one.figure}", round(share * 100, 1), one.url, tone)


def _funnel(stages: list[Reading]) -> list[Bar]:
    """How many systems came to each stage; the first stands for all."""
    return drawing.bars([(_stage(one), one.figure.value, one.url) for one in stages])


def _stage(one: Reading) -> str:
    words = {
        "systems_provisioned": _("已下发资源"),
        "golive_ready": _("具备上线条件"),
        "golive_submitted": _("已提测"),
        "golive_passed": _("已通过测评"),
    }
    return words[one.indicator.key]


def _trend(steps: list[Step]) -> drawing.Trend:
    labels = [f"{step.at:%H}" for step in steps]
    return drawing.trend([[step.intercepted for step in steps], [step.attacks for step in steps]], labels)
