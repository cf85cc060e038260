"""What the register adds to the workbench: how far the city's systems have come."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.inventory.core.stages import Stage
from qingdun.inventory.indicators import BY_KEY, rows_url
from qingdun.inventory.models import STAGES
from qingdun.web import charts
from qingdun.web.panels import register

#: The stage a bar stands for and the figure that counts it.
FUNNEL = {
    Stage.PROVISIONED: "systems_provisioned",
    Stage.READY: "golive_ready",
    Stage.SUBMITTED: "golive_submitted",
    Stage.PASSED: "golive_passed",
}


def golive(request: HttpRequest, subject: Any) -> str:
    """Systems by the stage they have reached, each bar the same figure as everywhere else."""
    today, scope = timezone.localdate(), policy.scope(request.user, "inventory.view")
    bars = [
        charts.Bar(str(dict(STAGES)[stage]), BY_KEY[key].count(today, scope).value, rows_url(key, today))
        for stage, key in FUNNEL.items()
    ]
    if not bars[0].value:
        return ""
    chart = charts.ranking("golive", _("上云—上线—测评"), bars, label=_("阶段"), unit=_("系统数"))
    return render_to_string("inventory/golive.html", {"chart": chart}, request=request)


register("workbench.side", 20, "inventory.view", golive)
