"""态势: the page of the situation. The big screen is `screen`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.detection.listings.alerts import alerts_url, level_badge, state_mark
from qingdun.detection.listings.attacks import attacks_url
from qingdun.detection.models import Alert
from qingdun.detection.wording import attack_name
from qingdun.logs import state
from qingdun.logs.state import Worker
from qingdun.reporting.situation.counts import Ranked, Situation, Step, Totals
from qingdun.reporting.situation.period import Period
from qingdun.web import charts
from qingdun.web.details import Kpi

LATE = 10.0  # seconds from which the pipeline is said to be late
MONTHS = 12  # offered


@dataclass(frozen=True, slots=True)
class Lead:
    """Where the figures of one situation lead; empty where the reader may not open it."""

    period: Period
    unit: Unit | None

    def attacks(self, step: datetime | None = None, **more: object) -> str:
        given = {**self.period.link(step), "unit": self.unit.code if self.unit else "", **more}
        return attacks_url(**given)

    def alerts(self, **more: object) -> str:
        first, last = self.period.ends
        unit = {"unit": self.unit.code} if self.unit else {}
        return alerts_url(first_from=first, first_to=last, **unit, **more)

    def blocks(self) -> str:
        return f"{reverse('operations:blocks')}?{urlencode({'addresses_in': '..'.join(self.period.ends)})}"


@require_safe
def situation(request: HttpRequest) -> HttpResponse:
    """Trend, classes, sources, targets, units and the newest serious alerts of a period."""
    policy.require(request.user, "reporting.view")
    policy.require(request.user, "detection.view")
    period = Period.read(request.GET.get("period", ""), timezone.localtime())
    unit = _unit(request)
    counted, lead = Situation(request.user, period, unit), Lead(period, unit)
    steps = counted.steps()
    totals = counted.totals(steps)
    context = {
        "period": period,
        "periods": _periods(period),
        "months": _months(period),
        "unit": unit,
        "units": _units(request.user),
        "kpis": _kpis(totals, lead),
        "trend": trend(steps, lead),
        "blocked": _blocked(steps) if counted.sees_blocks else None,
        "rankings": rankings(counted, lead),
        "newest": [(one, level_badge(one), state_mark(one)) for one in counted.newest()],
        "alerts_url": lead.alerts(),
        "late": lateness(),
        "may_screen": True,
    }
    return render(request, "reporting/situation.html", context)


def lateness() -> tuple[Worker | None, bool]:
    """(the committer or None, whether it is late)."""
    worker = state.worker()
    return worker, worker is None or worker.backlog_seconds >= LATE


def trend(steps: list[Step], lead: Lead) -> charts.Chart:
    """Raw hits, intercepted hits and de-duplicated attacks over the period."""
    moments: list[charts.Moment] = [step.at if lead.period.hourly else step.at.date() for step in steps]
    by_moment = dict(zip(moments, (step.at for step in steps), strict=True))
    series = [
        charts.Series(_("命中次数"), [step.hits for step in steps]),
        charts.Series(_("其中拦截"), [step.intercepted for step in steps]),
        charts.Series(_("去重攻击"), [step.attacks for step in steps]),
    ]
    title = _("攻击趋势")
    return charts.trend(
        "situation", title, moments, series, unit=_("次（起）"), href=lambda moment: lead.attacks(by_moment[moment])
    )


def _blocked(steps: list[Step]) -> charts.Chart:
    """Addresses blocked over the period."""
    hourly = len(steps) == 24
    moments: list[charts.Moment] = [step.at if hourly else step.at.date() for step in steps]
    series = [charts.Series(_("封禁地址"), [step.sources for step in steps])]
    return charts.trend("blocked", _("封禁趋势"), moments, series, unit=pgettext("addresses", "个"))


def rankings(counted: Situation, lead: Lead) -> list[charts.Chart]:
    """Classes, sources, targets and units by hits, each bar a link to its attacks."""
    classes = [
        (attack_name(one.key) if one.key else _("未分类"), one, lead.attacks(attack=one.key or "none"))
        for one in counted.ranked("attack")
    ]
    sources = [(one.key, one, lead.attacks(source=one.key)) for one in counted.ranked("source", 11) if one.key]
    targets = [(one.key, one, lead.attacks(target=one.key)) for one in counted.ranked("target", 11) if one.key]
    units = [(one.key or _("没有归属"), one, _of_unit(lead, one)) for one in counted.by_unit()]
    return [
        _ranking("classes", _("攻击类别"), _("攻击类别"), classes),
        _ranking("units", _("受攻击单位"), _("单位"), units),
        _ranking("sources", _("攻击来源"), _("源地址"), sources[:10]),
        _ranking("targets", _("受攻击目标"), _("目标"), targets[:10]),
    ]


def _of_unit(lead: Lead, one: Ranked) -> str:
    """Only this unit's own: its attacks without those of the units below it."""
    return lead.attacks(own_unit=one.key.code) if one.key else lead.attacks(own_unit="none")


def _ranking(key: str, title: str, label: str, bars: Sequence[tuple[object, Ranked, str]]) -> charts.Chart:
    return charts.ranking(
        key, title, [charts.Bar(str(name), one.hits, url) for name, one, url in bars], label=label, unit=_("次")
    )


def _kpis(totals: Totals, lead: Lead) -> list[Kpi]:
    rule = _("命中：设备所报次数之和，不去重；去重：同源、同目标、同类别、同结果一小时内计一起。")
    found = [
        Kpi(_("拦截攻击"), f"{totals.intercepted:,}", _("次"), lead.attacks(action="blocked"), help=rule),
        Kpi(_("全部命中"), f"{totals.hits:,}", _("次"), lead.attacks(), help=rule),
        Kpi(_("攻击（去重）"), f"{totals.attacks:,}", pgettext("attacks", "起"), lead.attacks(), help=rule),
        Kpi(_("门户拦截"), f"{totals.portal:,}", _("次"), lead.attacks(action="blocked", portal=1), help=rule),
    ]
    if totals.blocked_sources is not None:
        found.append(Kpi(_("封禁地址"), f"{totals.blocked_sources:,}", pgettext("addresses", "个"), lead.blocks()))
    serious = _("其中高、严重 %s 条") % f"{totals.serious:,}"
    found.append(
        Kpi(pgettext("list", "告警"), f"{totals.alerts:,}", pgettext("alerts", "条"), lead.alerts(), note=serious)
    )
    return found


# --- choices --------------------------------------------------------------------------------------------------------


def _periods(period: Period) -> list[tuple[str, str, bool]]:
    words = {"24h": _("24 小时"), "7d": _("7 天"), "30d": _("30 天")}
    return [(key, title, key == period.key) for key, title in words.items()]


def _months(period: Period) -> list[tuple[str, bool]]:
    """This month and those before it, and the one asked for wherever it lies."""
    first = timezone.localdate().replace(day=1)
    keys = []
    for _number in range(MONTHS):
        keys.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    if period.key not in (*keys, "24h", "7d", "30d"):
        keys.append(period.key)
    return [(key, key == period.key) for key in keys]


def _units(user: Any) -> list[tuple[str, str]]:
    from qingdun.inventory.listings.shared import unit_options

    return [(code, str(title)) for code, title in unit_options(user)]


def _unit(request: HttpRequest) -> Unit | None:
    """The unit asked for. One outside the scope shows nothing, as one that does not exist would."""
    code = request.GET.get("unit", "")[:60]
    return Unit.objects.filter(code=code, ended=None).first() if code else None


def newest_for(alerts: list[Alert]) -> list[dict[str, Any]]:
    """Alerts as the big screen shows them."""
    return [{"alert": one, "level": one.get_level_display(), "where": one.system or one.unit or ""} for one in alerts]
