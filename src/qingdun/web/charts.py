"""Charts as plain Vega-Lite specifications (docs/decisions/0003): typed dicts built here, drawn in the page.

The specification stands in the page as a JSON data block next to the table of the same values, so the picture, the
table and the links are one query and cannot disagree. Straight lines, bars from zero, at most six series, never told
apart by colour alone. `{% include "web/parts/figure.html" with chart=chart %}` shows one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _

from qingdun.web import vegalite
from qingdun.web.vegalite import Spec

Text = str | Promise
Moment = datetime | date

MOST_SERIES = 6
CLOSE_TOGETHER = 48  # points beyond which they are drawn small


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
    unit: Text = ""
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
    words = {"when": _("时间"), "series": _("项目"), "value": str(unit)}
    drawing = vegalite.trend(
        values, [str(one.name) for one in series], words, hourly=hourly, dense=len(moments) > CLOSE_TOGETHER
    )
    headings = [_("时刻") if hourly else _("日期"), *(one.name for one in series)]
    return _chart(key, title, described, drawing, headings, rows, unit=unit)


def ranking(key: str, title: Text, bars: Sequence[Bar], *, label: Text, unit: Text) -> Chart:
    """Horizontal bars from zero, in the order given; each leads to the list it counts."""
    values = [{"label": str(bar.label), "value": bar.value, "href": bar.href} for bar in bars]
    described = "；".join(f"{bar.label} {bar.value:,}" for bar in bars)
    rows = [Line([bar.label, bar.value], bar.href) for bar in bars]
    drawing = vegalite.ranking(values, {"label": str(label), "value": str(unit)})
    return _chart(key, title, described, drawing, [label, unit], rows, low=True)


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
    drawing = vegalite.bullets(
        values, list(words.values()), {"label": str(label), "text": _("比例"), "state": _("结论")}
    )
    return _chart(key, title, described, drawing, [label, _("比例"), _("结论")], rows, low=True)


def _chart(
    key: str,
    title: Text,
    described: str,
    spec: Spec,
    headings: Sequence[Text],
    rows: Sequence[Line],
    *,
    unit: Text = "",
    low: bool = False,
) -> Chart:
    description = f"{title}：{described}" if described else str(title)
    return Chart(f"chart-{key}", title, description, {**spec, "description": description}, headings, rows, unit, low)


def _parts(ratio: Ratio) -> str:
    return f"{ratio.part:,} / {ratio.whole:,} {ratio.share:.0%}" if ratio.whole else "—"


def _plain(moment: Moment) -> str:
    """Local wall-clock time without a zone: the axis then reads the same whatever zone the browser is in."""
    if isinstance(moment, datetime):
        return (localtime(moment) if is_aware(moment) else moment).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment.isoformat()}T00:00:00"


def _words(moment: Moment) -> str:
    return _plain(moment)[:16].replace("T", " ") if isinstance(moment, datetime) else moment.isoformat()
