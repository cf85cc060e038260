"""The last 24 hours from the hourly tallies: attacks blocked beside all that devices reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.logs.models import HourTally, Source
from qingdun.logs.views.asked import written
from qingdun.web.charts import Chart, Moment, Series, trend

HOURS = 24
#: What a device may report of an attack; `allowed` is ordinary traffic.
ATTACKS = ("blocked", "alerted", "deceived")


def hourly(user: Any, *, source: Source | None = None) -> Chart | None:
    """For everything `user` may see, or one source of it; None when nothing was tallied in this time."""
    last = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    moments = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    rows = HourTally.objects.visible_to(user).between(moments[0], last + timedelta(hours=1))
    if source is not None:
        rows = rows.filter(source=source)
    if not rows.exists():
        return None
    blocked, reported = (
        {one["hour"]: one["hits"] for one in rows.filter(action__in=actions).by_hour()}
        for actions in (("blocked",), ATTACKS)
    )
    series = [
        Series(_("拦截"), [blocked.get(moment, 0) for moment in moments]),
        Series(_("全部命中"), [reported.get(moment, 0) for moment in moments]),
    ]

    def href(moment: Moment) -> str:
        assert isinstance(moment, datetime)
        of_source = f" qingdun.source:{source.pk}" if source else ""
        asked = {"q": f"qingdun.action:({' '.join(ATTACKS)}){of_source}"}
        asked |= {"from": written(moment), "to": written(moment + timedelta(hours=1))}
        return f"{reverse('logs:search')}?{urlencode(asked)}"

    return trend("logs-hours", _("近 24 小时"), moments, series, unit=_("次"), href=href)
