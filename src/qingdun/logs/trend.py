"""The last 24 hours from the hourly tallies: attacks blocked beside all that devices reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.logs.models import HourTally, HourTallyQuerySet, Source
from qingdun.logs.views.asked import written
from qingdun.web.charts import Chart, Moment, Series, trend

HOURS = 24
#: What a device may report of an attack; `allowed` is ordinary traffic.
ATTACKS = ("blocked", "alerted", "deceived")


def hourly(user: Any) -> Chart | None:
    """For all whose figures `user` may see; None when nothing was tallied. Points lead on where lines may be read."""
    moments = _moments()
    rows = _rows(user, moments, "reporting.view")
    if not rows.exists():
        return None
    blocked, reported = (
        {one["hour"]: one["hits"] for one in rows.filter(action__in=actions).by_hour()}
        for actions in (("blocked",), ATTACKS)
    )
    series = [_series(_("拦截"), moments, blocked), _series(_("全部命中"), moments, reported)]
    query = f"qingdun.action:({' '.join(ATTACKS)})"
    lead = (lambda moment: _search(query, moment)) if policy.may(user, "logs.search") else None
    return trend("logs-hours", _("近 24 小时"), moments, series, unit=_("次"), href=lead)


def of_source(user: Any, source: Source) -> Chart | None:
    """Lines of one source, and how many of them could not be read; None when none came in this time."""
    moments = _moments()
    sums = {one["hour"]: one for one in _rows(user, moments).filter(source=source).by_hour()}
    if not sums:
        return None
    series = [
        _series(title, moments, {hour: one[name] for hour, one in sums.items()})
        for title, name in ((_("日志行数"), "lines"), (_("未识别"), "unread"))
    ]
    query = f"qingdun.source:{source.pk}"
    return trend(
        "logs-hours", _("近 24 小时"), moments, series, unit=_("行"), href=lambda moment: _search(query, moment)
    )


def _moments() -> list[datetime]:
    last = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    return [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]


def _rows(user: Any, moments: list[datetime], permission: str = "logs.view_sources") -> HourTallyQuerySet:
    seen: HourTallyQuerySet = HourTally.objects.visible_to(user, permission)
    return seen.between(moments[0], moments[-1] + timedelta(hours=1))


def _series(title: str, moments: list[datetime], values: dict[datetime, int]) -> Series:
    return Series(title, [values.get(moment, 0) for moment in moments])


def _search(query: str, moment: Moment) -> str:
    """The search page over the hour from `moment`."""
    assert isinstance(moment, datetime)
    asked = {"q": query, "from": written(moment), "to": written(moment + timedelta(hours=1))}
    return f"{reverse('logs:search')}?{urlencode(asked)}"
