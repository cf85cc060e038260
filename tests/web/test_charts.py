from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from qingdun.web import charts
from qingdun.web.charts import Bar, Chart, Ratio, Series

HOURS = [datetime(2026, 11, 21, 16, tzinfo=UTC) + timedelta(hours=number) for number in range(3)]


def compiled(chart: Chart) -> Any:
    """The same specification through the compiler itself: raises for what is not Vega-Lite."""
    import vl_convert

    return vl_convert.vegalite_to_vega(json.dumps(chart.spec), vl_version="6.4")


def trend(*names: str) -> Chart:
    series = [Series(name, [3, 1, 2]) for name in names]
    return charts.trend("t", "趋势", HOURS, series, unit="次", href=lambda moment: f"/x/?at={moment:%H}")


def test_a_trend_speaks_local_time_links_each_point_and_sums_up_in_words() -> None:
    chart = trend("拦截", "封禁")
    assert (
        chart.description == "趋势：拦截：合计 6，最高 3（2026-11-22 00:00）；封禁：合计 6，最高 3（2026-11-22 00:00）"
    )
    assert chart.spec["data"]["values"][0] == {
        "at": "2026-11-22T00:00:00",
        "when": "2026-11-22 00:00",
        "series": "拦截",
        "value": 3,
        "href": "/x/?at=16",
    }
    assert [list(row.cells) for row in chart.rows][0] == ["2026-11-22 00:00", 3, 3]
    assert list(chart.headings) == ["时刻", "拦截", "封禁"]


def test_lines_are_straight_and_told_apart_by_dash_and_shape() -> None:
    line, points = trend(*"甲乙丙丁戊己").spec["layer"]
    assert line["mark"]["interpolate"] == "linear"
    for look in (line["encoding"]["strokeDash"], points["encoding"]["shape"], line["encoding"]["stroke"]):
        assert len({str(one) for one in look["scale"]["range"]}) == 6


@pytest.mark.parametrize("names", ["甲乙丙丁戊己庚"])
def test_more_than_six_lines_are_refused(names: str) -> None:
    with pytest.raises(ValueError, match="7 series"):
        trend(*names)


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="moments"):
        charts.trend("t", "趋势", [date(2026, 1, 1)], [Series("甲", [1, 2])], unit="次")


def test_bars_start_at_zero_and_leave_room_for_their_figures() -> None:
    chart = charts.ranking("r", "排名", [Bar("甲", 10, "/a/"), Bar("乙", 0)], label="单位", unit="次")
    assert chart.spec["encoding"]["x"]["scale"]["domain"] == [0, 13]
    assert [row.href for row in chart.rows] == ["/a/", ""]
    assert charts.ranking("r", "排名", [], label="单位", unit="次").spec["encoding"]["x"]["scale"]["domain"] == [0, 1]


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (107, 107, "107 / 107 100% 达标"),
        (90, 107, "90 / 107 84% 关注"),
        (1, 107, "1 / 107 1% 不达标"),
        (0, 0, "— 无对象"),
    ],
)
def test_a_ratio_shows_its_parts_and_says_how_it_stands(part: int, whole: int, words: str) -> None:
    chart = charts.bullets("b", "覆盖", [Ratio("WAF", part, whole)], label="指标")
    assert chart.description == f"覆盖：WAF {words}"
    assert 0 <= chart.spec["data"]["values"][0]["share"] <= 1


@pytest.mark.parametrize(
    "chart",
    [
        trend("拦截", "封禁"),
        charts.ranking("r", "排名", [Bar("甲", 10)], label="单位", unit="次"),
        charts.bullets("b", "覆盖", [Ratio("WAF", 1, 2)], label="指标"),
    ],
    ids=["trend", "ranking", "bullets"],
)
def test_the_compiler_accepts_each_chart(chart: Chart) -> None:
    assert compiled(chart)["marks"]
