"""The list, the keyboard, dialogs, charts and jobs as a person meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template import engines
from django.urls import include, path

from qingdun.access.models import Unit
from qingdun.web import charts, lists
from qingdun.web.listing import Bulk, Column, Listing, choice

Open = Callable[..., Any]
RECEIVED: list[list[str]] = []

UNITS: Listing[Unit] = Listing(
    key="test.units",
    title="单位",
    purpose="试用列表",
    permission="inventory.view",
    rows=lambda _user: Unit.objects.all(),
    columns=(
        Column("name", "名称", lambda unit: unit.name, sort=("name",)),
        Column("code", "代码", lambda unit: unit.code, "code", sort=("code",)),
    ),
    link=lambda unit: f"/search?q={unit.code}",
    empty="",
    order=("path",),
    search=("name", "code"),
    filters=(choice("level", "层级", Unit.Level.choices),),
    bulk=(Bulk("核对", "received", "inventory.edit", "将核对 %s 个单位"),),
    export="inventory.export",
    unit_path="path",
)


def units(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, UNITS)


def received(request: HttpRequest) -> HttpResponse:
    RECEIVED.append(request.POST.getlist("selected"))
    return redirect("/units/?sort=name")


def drawn(request: HttpRequest) -> HttpResponse:
    bars = [charts.Bar("甲", 30, "/search?q=甲"), charts.Bar("乙", 10, "/search?q=乙")]
    chart = charts.ranking("units", "单位排名", bars, label="单位", unit="次")
    page = '{% extends "web/base.html" %}{% block content %}{% include "web/parts/figure.html" %}{% endblock %}'
    return HttpResponse(engines["django"].from_string(page).render({"chart": chart}, request))


urlpatterns = [
    path("units/", units, name="units"),
    path("received", received, name="received"),
    path("drawn", drawn),
    path("", include("qingdun.config.urls")),
]


@pytest.fixture
def officer(live_server: Any, settings: Any, make_account: Any, make_unit: Any) -> Any:
    settings.ROOT_URLCONF = __name__
    city = make_unit()
    for number in range(30):
        make_unit(f"county-{number:02}", parent=city, name=f"第{number:02}县", level="county")
    RECEIVED.clear()
    return make_account("security_officer")


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_typing_filters_without_reloading_and_the_address_follows(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/")
    page.evaluate("window.stays = true")
    page.fill("#filter-q", "第07")
    page.wait_for_url("**/units/?q=%E7%AC%AC07")
    assert page.locator("tbody tr").count() == 1
    assert page.evaluate("window.stays") is True
    assert page.locator("#live").text_content() == "共 1 条"
    assert focused(page) == "" and page.evaluate("document.activeElement.id") == "filter-q"
    page.locator("details:has(button[value=csv]) > summary").click()
    with page.expect_download() as taken:
        page.click("button[value=csv]")
    assert [line.split(",")[0] for line in taken.value.path().read_text("utf-8-sig").splitlines()[:2]] == [
        "名称",
        "第07县",
    ]
    page.go_back()
    page.wait_for_selector("tbody tr:nth-child(20)")
    assert page.url.endswith("/units/")


def test_sorting_and_turning_pages_keep_the_filter(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/?level=county")
    page.click("th >> text=名称")
    page.wait_for_url("**/units/?level=county&sort=name")
    page.click("text=下一页")
    page.wait_for_url("**/units/?level=county&sort=name&page=2")
    assert page.locator("tbody tr").count() == 10
    assert page.locator("th[aria-sort=ascending]").count() == 1
    page.focus("#sort-name")
    page.keyboard.press("Enter")
    page.wait_for_url("**/units/?level=county&sort=-name")
    assert page.evaluate("document.activeElement.id") == "sort-name"  # the keyboard stays where it was


def test_rows_are_walked_chosen_and_opened_by_keys(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/?level=county")
    for key in "jjjk":
        page.keyboard.press(key)
    assert focused(page) == "第01县"
    page.keyboard.press("x")
    assert page.locator("[data-selected-text]").text_content() == "已选 1 条"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=county-01")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url(lambda url: url.endswith("/"))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "global-search"


def test_keys_can_be_switched_off_and_stay_off(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/")
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.click("#keys >> text=关闭")
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("?")
    assert not page.is_visible("#keys")


def test_a_bulk_act_says_what_it_will_do_and_can_be_called_off(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/")
    assert not page.is_visible("[data-bulk]")
    page.check("[data-select-all]")
    page.uncheck("tbody tr:first-child input")
    page.click("[data-bulk] button")
    assert page.locator("#confirm-text").text_content() == "将核对 19 个单位"
    page.click("#confirm >> text=取消")
    assert RECEIVED == []
    page.click("[data-bulk] button")
    page.click("#confirm >> text=确定")
    page.wait_for_url("**/units/?sort=name")
    assert [len(chosen) for chosen in RECEIVED] == [19]


def test_a_click_on_a_row_opens_it_but_marking_text_does_not(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/?q=county-03")
    page.dblclick("td.is-code")
    assert page.url.endswith("q=county-03")
    page.evaluate("getSelection().removeAllRanges()")
    page.click("td.is-code")
    page.wait_for_url("**/search?q=county-03")


def test_everything_works_without_scripts(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/", scripts=False)
    page.fill("#filter-q", "第07")
    page.select_option("#filter-level", "county")
    page.click(".filters >> text=筛选")
    assert page.locator("tbody tr").count() == 1
    page.click("text=清除")
    page.check("tbody tr:nth-child(2) input")
    page.click("[data-bulk] button")
    assert [len(chosen) for chosen in RECEIVED] == [1]
    page.goto("/drawn")
    page.click("text=查看数据表")
    assert page.locator(".figure tbody tr").count() == 2
    page.click(".who summary")
    page.click("text=English")
    assert page.get_attribute("html", "lang") == "en"


def test_on_a_phone_the_navigation_opens_and_rows_become_cards(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/", size=(390, 844))
    assert not page.is_visible(".side")
    page.click(".nav-phone summary")
    assert page.is_visible(".nav-phone nav >> text=工作台")
    page.keyboard.press("Escape")
    assert not page.is_visible(".nav-phone nav")
    assert page.locator("tbody tr").first.bounding_box()["height"] > 50


def test_a_bar_leads_to_the_list_it_counts(officer: Any, open_page: Open, faults: Any) -> None:
    page = open_page(officer, "/drawn")
    page.wait_for_selector("[data-drawn=done] canvas")
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 13)
    page.wait_for_selector("#vg-tooltip-element.visible >> text=甲")
    assert faults(page) == []
    page.mouse.click(box["x"] + 60, box["y"] + 13)
    page.wait_for_url("**/search?q=%E7%94%B2")


def test_a_job_s_progress_moves_by_itself(
    officer: Any, open_page: Open, make_account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingdun.web import jobs
    from qingdun.web.models import JobRun

    monkeypatch.setattr(jobs, "_jobs", {})
    jobs.job("test.one", "任务")(lambda progress: None)
    run = JobRun.objects.create(key="test.one", state="running", done=1, total=4)
    page = open_page(make_account("system_admin"), "/system/jobs/")
    assert page.locator("#jobs progress").first.get_attribute("value") == "1"
    JobRun.objects.filter(pk=run.pk).update(done=3)
    page.wait_for_selector("#jobs progress[value='3']")
    JobRun.objects.filter(pk=run.pk).update(state="done")
    page.wait_for_selector("#jobs:not([hx-get])")


def test_a_failed_request_is_said(officer: Any, open_page: Open) -> None:
    page = open_page(officer, "/units/")
    page.route("**/units/?*", lambda route: route.abort())
    page.fill("#filter-q", "x")
    page.wait_for_selector("#failed:visible")
    page.problems.clear()  # the browser's own word about the request that was cut off
