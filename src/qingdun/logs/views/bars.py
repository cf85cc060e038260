"""The histogram as a chart: each bar leads to the same search within its stretch of time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from qingdun.logs.search import Histogram
from qingdun.logs.views.asked import Asked, written
from qingdun.web.charts import Chart, Line
from qingdun.web.vegalite import BARE, COLOURS, CONFIG, Spec

DAY = timedelta(days=1)


def chart(bars: Histogram, asked: Asked) -> Chart:
    values = [
        {
            "at": _wall(start),
            "until": _wall(start + bars.step),
            "when": f"{written(start)} – {written(start + bars.step)}",
            "value": number,
            "href": asked.between(start, start + bars.step),
        }
        for start, number in bars.buckets
    ]
    rows = [Line([str(one["when"]), one["value"]], str(one["href"])) for one in values if one["value"]]
    top = max(values, key=lambda one: int(str(one["value"])), default=None)
    described = _("时间分布：共 %(count)s 条") % {"count": bars.count}
    if top and top["value"]:
        described += "；" + _("最多 %(top)s 条（%(when)s）") % {"top": f"{top['value']:,}", "when": top["when"]}
    spec = _spec(values, _clock(bars), described)
    return Chart("chart-over-time", _("时间分布"), described, spec, [_("时段"), _("条数")], rows, low=True)


def _clock(bars: Histogram) -> str:
    if bars.step >= DAY:
        return "%m-%d"
    return "%m-%d %H:%M" if bars.step * len(bars.buckets) > DAY else "%H:%M"


def _spec(values: list[dict[str, object]], clock: str, described: str) -> Spec:
    time: Spec = {
        "title": None,
        "format": clock,
        "grid": False,
        "labelOverlap": True,
        "labelFlush": True,
        "tickCount": 8,
    }
    amount: Spec = {"title": None, "format": "~s", "tickCount": 3, "tickMinStep": 1, **BARE}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "description": described,
        "width": "container",
        "height": 96,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        "mark": {"type": "bar", "color": COLOURS[0], "stroke": "#ffffff", "strokeWidth": 1, "cursor": "pointer"},
        "encoding": {
            "x": {"field": "at", "type": "temporal", "axis": time},
            "x2": {"field": "until"},
            "y": {"field": "value", "type": "quantitative", "axis": amount},
            "y2": {"datum": 0},
            "href": {"field": "href"},
            "tooltip": [
                {"field": "when", "title": _("时段")},
                {"field": "value", "title": _("条数"), "format": ","},
            ],
        },
    }


def _wall(moment: datetime) -> str:
    """Local wall-clock time without a zone: the axis then reads the same whatever zone the browser is in."""
    return localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")
