"""Charts as plain Vega-Lite specifications (docs/decisions/0003): typed dicts built here, drawn in the page.

The specification stands in the page as a JSON data block next to the table of the same values, so the picture, the
table and the links are one query and cannot disagree. Straight lines, bars from zero, at most six series, never told
apart by colour alone. `{% include "web/parts/figure.html" with chart=chart %}` shows one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _

Text = str | Promise
Spec = dict[str, Any]  # Vega-Lite is JSON
Moment = datetime | date

MOST_SERIES = 6
COLOURS = ("#1a56b0", "#b45309", "#1f7a45", "#7a3fb0", "#b42318", "#0f6e78")  # each ≥ 4.5:1 on white
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
INK, SOFT, GRID, TRACK = "#1f2937", "#4b5563", "#e3e7ed", "#e1e7f0"
FONT = '"PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'

CONFIG: Spec = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "domainColor": "#8a94a3",
        "gridColor": GRID,
        "labelColor": SOFT,
        "labelFontSize": 12,
        "tickColor": "#8a94a3",
        "titleColor": SOFT,
        "titleFontSize": 12,
        "titleFontWeight": 400,
    },
    "legend": {"labelColor": INK, "labelFontSize": 12, "symbolSize": 120, "title": None, "orient": "top"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table under a chart."""

    cells: Sequence[object]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and its table. `key` is unique in the page; `description` says in words what the drawing shows."""

    key: str
    title: Text
    description: str
    spec: Spec
    headings: Sequence[Text]
    rows: Sequence[Line] = field(default=())
    low: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a trend: a value for each moment, in order."""

    name: Text
    values: Sequence[int | float]


@dataclass(frozen=True, slots=True)
class Bar:
    label: Text
    value: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`; it is well from `good` on and to be watched from `fair` on."""

    label: Text
    part: int
    whole: int
    href: str = ""
    good: float = 1.0
    fair: float = 0.8

    @property
    def share(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def state(self) -> Literal["good", "fair", "poor", "none"]:
        if not self.whole:
            return "none"
        return "good" if self.share >= self.good else "fair" if self.share >= self.fair else "poor"


def trend(
    key: str,
    title: Text,
    moments: Sequence[Moment],
    series: Sequence[Series],
    *,
    unit: Text,
    href: Callable[[Moment], str] | None = None,
) -> Chart:
    """Lines over hours (datetimes) or days (dates). `href(moment)` leads to the list that a point counts.

    Raises ValueError for more than six series or a series that does not fit the moments.
    """
    if len(series) > MOST_SERIES or any(len(one.values) != len(moments) for one in series):
        raise ValueError(f"{key}: {len(series)} series over {len(moments)} moments")
    hourly = any(isinstance(moment, datetime) for moment in moments)
    links = [href(moment) if href else "" for moment in moments]
    values = [
        {"at": _plain(moment), "when": _words(moment), "series": str(one.name), "value": value, "href": link}
        for one in series
        for moment, value, link in zip(moments, one.values, links, strict=True)
    ]
    rows = [
        Line([_words(moment), *(one.values[place] for one in series)], links[place])
        for place, moment in enumerate(moments)
    ]
    described = "；".join(
        _("%(name)s：合计 %(sum)s，最高 %(top)s（%(when)s）")
        % {"name": one.name, "sum": f"{sum(one.values):,}", "top": f"{top:,}", "when": _words(moments[place])}
        for one in series
        if one.values
        for place, top in [max(enumerate(one.values), key=lambda pair: pair[1])]
    )
    spec = _trend_spec(values, [str(one.name) for one in series], str(unit), hourly=hourly, dots=len(moments) <= 48)
    return _chart(key, title, described, spec, [_("时刻") if hourly else _("日期"), *(s.name for s in series)], rows)


def ranking(key: str, title: Text, bars: Sequence[Bar], *, label: Text, unit: Text) -> Chart:
    """Horizontal bars from zero, in the order given; each leads to the list it counts."""
    values = [{"label": str(bar.label), "value": bar.value, "href": bar.href} for bar in bars]
    described = "；".join(f"{bar.label} {bar.value:,}" for bar in bars)
    rows = [Line([bar.label, bar.value], bar.href) for bar in bars]
    place: Spec = {"field": "label", "type": "nominal", "sort": None, "axis": _labels()}
    amount: Spec = {"field": "value", "type": "quantitative", "scale": {"zero": True}, "axis": None}
    tooltip = [{"field": "label", "title": str(label)}, {"field": "value", "title": str(unit), "format": ","}]
    layers: list[Spec] = [
        {"mark": {"type": "bar", "color": COLOURS[0], "height": 12, "cursor": "pointer"}, "encoding": _linked(tooltip)},
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "color": INK, "fontSize": 12},
            "encoding": {"text": {"field": "value", "format": ","}},
        },
    ]
    spec = _spec(values, {"encoding": {"y": place, "x": amount}, "layer": layers, "height": {"step": 26}})
    return _chart(key, title, described, spec, [label, unit], rows, low=True)


def bullets(key: str, title: Text, ratios: Sequence[Ratio], *, label: Text) -> Chart:
    """Ratios as filled tracks with their parts written out; the tick stands where it is well."""
    words = {"good": _("达标"), "fair": _("关注"), "poor": _("不达标"), "none": _("无对象")}
    shown = [(ratio, _parts(ratio), words[ratio.state]) for ratio in ratios]
    values = [
        {
            "label": str(ratio.label),
            "share": min(ratio.share, 1.0),
            "good": ratio.good,
            "text": parts,
            "state": state,
            "href": ratio.href,
        }
        for ratio, parts, state in shown
    ]
    rows = [Line([ratio.label, parts, state], ratio.href) for ratio, parts, state in shown]
    described = "；".join(f"{ratio.label} {parts} {state}" for ratio, parts, state in shown)
    spec = _spec(values, {"layer": _bullet_layers(list(words.values())), "height": {"step": 28}})
    return _chart(key, title, described, spec, [label, _("比例"), _("结论")], rows, low=True)


def _chart(
    key: str,
    title: Text,
    described: str,
    spec: Spec,
    headings: Sequence[Text],
    rows: Sequence[Line],
    *,
    low: bool = False,
) -> Chart:
    description = f"{title}：{described}" if described else str(title)
    return Chart(f"chart-{key}", title, description, {**spec, "description": description}, headings, rows, low)


def _spec(values: list[dict[str, Any]], more: Spec) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        **more,
    }


def _linked(tooltip: list[Spec]) -> Spec:
    return {"href": {"field": "href"}, "tooltip": tooltip}


def _labels() -> Spec:
    return {"title": None, "domain": False, "ticks": False, "labelPadding": 8, "labelLimit": 150, "labelColor": INK}


def _trend_spec(values: list[dict[str, Any]], names: list[str], unit: str, *, hourly: bool, dots: bool) -> Spec:
    scale = {"domain": names}
    legend = {"symbolType": "stroke"} if len(names) > 1 else None
    told_apart: Spec = {
        "color": {"field": "series", "scale": {**scale, "range": COLOURS[: len(names)]}, "legend": legend},
        "strokeDash": {"field": "series", "scale": {**scale, "range": DASHES[: len(names)]}, "legend": legend},
    }
    at: Spec = {
        "field": "at",
        "type": "temporal",
        "axis": {"title": None, "format": "%H:%M" if hourly else "%m-%d", "grid": False, "labelOverlap": True},
    }
    titled = {"title": unit, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -12}
    amount: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {**titled, "format": ",", "tickCount": 4, "domain": False, "ticks": False, "labelPadding": 8},
    }
    tooltip = [
        {"field": "when", "title": _("时间")},
        {"field": "series", "title": _("项目")},
        {"field": "value", "title": unit, "format": ","},
    ]
    points: Spec = {
        "mark": {"type": "point", "filled": True, "size": 40 if dots else 16, "opacity": 1, "cursor": "pointer"},
        "encoding": {
            "color": told_apart["color"],
            "shape": {"field": "series", "scale": {**scale, "range": SHAPES[: len(names)]}, "legend": None},
            **_linked(tooltip),
        },
    }
    line: Spec = {"mark": {"type": "line", "interpolate": "linear", "strokeWidth": 2}, "encoding": told_apart}
    return _spec(values, {"height": 220, "encoding": {"x": at, "y": amount}, "layer": [line, points]})


def _bullet_layers(words: list[str]) -> list[Spec]:
    place: Spec = {"field": "label", "type": "nominal", "sort": None, "axis": _labels()}

    def across(name: str) -> Spec:
        return {"field": name, "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": None}

    state = {"scale": {"domain": words, "range": ["#1f7a45", "#b45309", "#b42318", "#8a94a3"]}, "legend": None}
    tooltip = [
        {"field": "label", "title": _("指标")},
        {"field": "text", "title": _("比例")},
        {"field": "state", "title": _("结论")},
    ]
    return [
        {
            "mark": {"type": "bar", "color": TRACK, "height": 12},
            "encoding": {"y": place, "x": {"datum": 1, **{k: v for k, v in across("good").items() if k != "field"}}},
        },
        {
            "mark": {"type": "bar", "height": 12, "cursor": "pointer"},
            "encoding": {"y": place, "x": across("share"), "color": {"field": "state", **state}, **_linked(tooltip)},
        },
        {
            "mark": {"type": "tick", "color": INK, "thickness": 2, "height": 18},
            "encoding": {"y": place, "x": across("good")},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 8, "color": INK, "fontSize": 12},
            "encoding": {"y": place, "x": {"datum": 1, "type": "quantitative"}, "text": {"field": "text"}},
        },
    ]


def _parts(ratio: Ratio) -> str:
    return f"{ratio.part:,} / {ratio.whole:,} {ratio.share:.0%}" if ratio.whole else "—"


def _plain(moment: Moment) -> str:
    """Local wall-clock time without a zone: the axis then reads the same whatever zone the browser is in."""
    if isinstance(moment, datetime):
        return (localtime(moment) if is_aware(moment) else moment).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment.isoformat()}T00:00:00"


def _words(moment: Moment) -> str:
    return _plain(moment)[:16].replace("T", " ") if isinstance(moment, datetime) else moment.isoformat()
