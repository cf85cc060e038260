"""How our three charts are written in Vega-Lite: one look, told apart by dash and shape as well as by colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]  # Vega-Lite is JSON
Values = Sequence[Mapping[str, object]]

COLOURS = ("#1a56b0", "#b45309", "#1f7a45", "#7a3fb0", "#b42318", "#0f6e78")  # each ≥ 4.5:1 on white
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
STATES = ("#1f7a45", "#b45309", "#b42318", "#8a94a3")  # well, to be watched, not well, nothing to measure
INK, SOFT, GRID, TRACK = "#1f2937", "#4b5563", "#e3e7ed", "#e1e7f0"
FONT = '"PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'

BARE: Spec = {"domain": False, "ticks": False, "labelPadding": 8}

SHARE: Spec = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": None}
PLACE: Spec = {
    "field": "label",
    "type": "nominal",
    "sort": None,
    "axis": {"title": None, "labelLimit": 150, "labelColor": INK, **BARE},
}
FIGURES: Spec = {"type": "text", "align": "left", "dx": 8, "color": INK, "fontSize": 12}
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


def trend(values: Values, names: Sequence[str], words: Mapping[str, str], *, hourly: bool, dense: bool) -> Spec:
    """Lines over time: `at`, `when` (in words), `series`, `value`, `href`."""
    legend = {"symbolType": "stroke"} if len(names) > 1 else None
    at: Spec = {
        "field": "at",
        "type": "temporal",
        "axis": {"title": None, "format": "%H:%M" if hourly else "%m-%d", "grid": False, "labelOverlap": True},
    }
    amount: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {"title": None, "format": ",d", "tickCount": 4, "tickMinStep": 1, **BARE},
    }
    line: Spec = {
        "mark": {"type": "line", "interpolate": "linear", "strokeWidth": 2},
        "encoding": {"stroke": _by_name(names, COLOURS, legend), "strokeDash": _by_name(names, DASHES, legend)},
    }
    points: Spec = {
        "mark": {"type": "point", "filled": True, "size": 16 if dense else 40, "opacity": 1},
        "encoding": {
            "fill": _by_name(names, COLOURS, None),
            "shape": _by_name(names, SHAPES, None),
            **_linked(words),
        },
    }
    apart = {"legend": {"fill": "independent", "shape": "independent"}}  # the lines' legend is the only one
    return _spec(values, {"height": 220, "encoding": {"x": at, "y": amount}, "layer": [line, points], "resolve": apart})


def ranking(values: Values, words: Mapping[str, str]) -> Spec:
    """Horizontal bars: `label`, `value`, `href`."""
    longest = max((float(str(one["value"])) for one in values), default=0)
    room = longest * 1.3 or 1  # for the figure behind the longest bar
    amount: Spec = {"field": "value", "type": "quantitative", "scale": {"domain": [0, room]}, "axis": None}
    bars: Spec = {"mark": {"type": "bar", "color": COLOURS[0], "height": 12}, "encoding": _linked(words)}
    figures: Spec = {"mark": FIGURES, "encoding": {"text": {"field": "value", "format": ","}}}
    return _spec(
        values, {"height": 26 * max(1, len(values)), "encoding": {"y": PLACE, "x": amount}, "layer": [bars, figures]}
    )


def bullets(values: Values, states: Sequence[str], words: Mapping[str, str]) -> Spec:
    """Filled tracks: `label`, `share` and `good` of 1, `text`, `state` (one of four words), `href`."""
    whole: Spec = {"datum": 1, **SHARE}
    state = {"field": "state", "scale": {"domain": states, "range": STATES}, "legend": None}
    track: Spec = {"mark": {"type": "bar", "color": TRACK, "height": 12}, "encoding": {"x": whole}}
    filled: Spec = {
        "mark": {"type": "bar", "height": 12},
        "encoding": {"x": {"field": "share", **SHARE}, "color": state, **_linked(words)},
    }
    aim: Spec = {
        "mark": {"type": "tick", "color": INK, "thickness": 2, "height": 18},
        "encoding": {"x": {"field": "good", **SHARE}},
    }
    parts: Spec = {"mark": FIGURES, "encoding": {"x": whole, "text": {"field": "text"}}}
    return _spec(
        values, {"height": 28 * max(1, len(values)), "encoding": {"y": PLACE}, "layer": [track, filled, aim, parts]}
    )


def _spec(values: Values, more: Spec) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": list(values)},
        **more,
    }


def _by_name(names: Sequence[str], looks: Sequence[object], legend: Spec | None) -> Spec:
    return {"field": "series", "scale": {"domain": names, "range": looks[: len(names)]}, "legend": legend}


def _linked(words: Mapping[str, str]) -> Spec:
    """Each mark leads to the list it counts and says its values when pointed at."""
    formats = {"value": {"format": ","}}
    tooltip = [{"field": name, "title": title, **formats.get(name, {})} for name, title in words.items()]
    return {"href": {"field": "href"}, "tooltip": tooltip}
