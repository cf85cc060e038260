"""The list pattern, tried on the units: every installation has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.urls import include, path

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.audit.models import Entry
from qingdun.web import lists
from qingdun.web.listing import Bulk, Column, Listing, States, choice, day, flag, text
from qingdun.web.marks import badge
from qingdun.web.models import ListPreference, SavedFilter

HTMX = {"HX-Request": "true", "HX-Target": "results"}
Make = Callable[..., Any]


def visible(user: Any) -> Any:
    return Unit.objects.filter(policy.scope(user, "inventory.view").q("path"))


UNITS: Listing[Unit] = Listing(
    key="test.units",
    title="单位",
    purpose="试用列表",
    permission="inventory.view",
    rows=visible,
    columns=(
        Column("name", "名称", lambda unit: unit.name, sort=("name",)),
        Column("code", "代码", lambda unit: unit.code, "code", sort=("code",)),
        Column("level", "层级", lambda unit: badge(unit.get_level_display()), export=lambda unit: unit.level),
        Column("path", "路径", lambda unit: unit.path, "code", shown=False),
    ),
    link=lambda unit: f"/units/{unit.pk}/",
    empty="单位由系统管理员登记。",
    order=("path",),
    search=("name", "code"),
    filters=(
        choice("level", "层级", Unit.Level.choices),
        flag("top", "只看顶层", Q(parent=None)),
        text("under", "路径", "path__startswith"),
        day("since", "自", "people__accounts__created__date__gte"),
    ),
    states=States("level", Unit.Level.choices),
    related=("parent",),
    bulk=(Bulk("核对", "web:workbench", "inventory.edit", "将核对 %s 个单位"),),
    export="inventory.export",
    unit_path="path",
)


def units(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, UNITS)


urlpatterns = [path("units/", units, name="units"), path("", include("qingdun.config.urls"))]


@pytest.fixture
def unit_list(settings: Any) -> str:
    """The address of the list of units, served in this test only."""
    settings.ROOT_URLCONF = __name__
    return "/units/"


@pytest.fixture
def officer(visitor: Make, make_unit: Make) -> Client:
    """Sees a city with 25 counties in one list."""
    city = make_unit()
    for number in range(25):
        make_unit(f"county-{number:02}", parent=city, name=f"第{number:02}县", level="county")
    return visitor("security_officer")


def names(response: Any) -> list[str]:
    return [row.cells[0][1] for row in response.context["list"].rows]


def test_a_page_shows_the_first_rows_and_counts_them_all(officer: Client, unit_list: str) -> None:
    shown = officer.get(unit_list).context["list"]
    assert (shown.page.total, len(shown.rows), shown.page.count) == (26, 20, 2)


def test_pages_follow_each_other_without_gap_from_either_end(officer: Client, unit_list: str) -> None:
    pages = [names(officer.get(unit_list, {"sort": "name", "page": number})) for number in (1, 2)]
    assert len(pages[0] + pages[1]) == len(set(pages[0] + pages[1])) == 26
    assert pages[0] + pages[1] == sorted(pages[0] + pages[1])


def test_a_page_beyond_the_end_is_the_last_page(officer: Client, unit_list: str) -> None:
    assert officer.get(unit_list, {"page": "999"}).context["list"].page.number == 2


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"q": "第03"}, 1),
        ({"q": "COUNTY 第1"}, 10),
        ({"level": "county"}, 25),
        ({"level": "nonsense"}, 0),
        ({"top": "1"}, 1),
        ({"under": "/city/county-1"}, 10),
        ({"state": "city"}, 1),
        ({"state": "nonsense", "sort": "'; drop", "page": "-1", "size": "7"}, 26),
        ({"q": "\0"}, 26),
    ],
)
def test_the_address_holds_the_whole_filter(officer: Client, unit_list: str, query: dict[str, str], total: int) -> None:
    assert officer.get(unit_list, query).context["list"].page.total == total


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("query", [{}, {"state": "county", "sort": "-name"}, {"page": "2", "size": "20"}, {"top": "1"}])
def test_few_findings_and_many_make_the_same_page(
    officer: Client, unit_list: str, monkeypatch: pytest.MonkeyPatch, few: int, query: dict[str, str]
) -> None:
    """All 26 match: words leave them as they were, however they are looked for."""
    monkeypatch.setattr(lists, "FEW", few)
    plain, found = (officer.get(unit_list, query | words).context["list"] for words in ({}, {"q": "t"}))
    assert [row.key for row in found.rows] == [row.key for row in plain.rows]
    assert [(tab.title, tab.count) for tab in found.states] == [(tab.title, tab.count) for tab in plain.states]


def test_the_total_counts_rows_in_a_state_without_a_tab(
    visitor: Make, make_unit: Make, unit_list: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    county_only = replace(UNITS, states=States("level", [("county", "县级")]))
    monkeypatch.setitem(globals(), "UNITS", county_only)
    make_unit("mine", parent=make_unit(), level="county")
    client = visitor("security_officer")
    for query in ({}, {"under": "/"}, {"q": "i"}):  # counted in three ways
        assert [tab.count for tab in client.get(unit_list, query).context["list"].states] == [2, 1]


def test_state_tabs_count_what_the_other_filters_leave(officer: Client, unit_list: str) -> None:
    tabs = officer.get(unit_list, {"q": "第0", "state": "city"}).context["list"].states
    assert {tab.title: tab.count for tab in tabs if tab.count} == {"全部": 10, "县级": 10}


def test_a_value_that_makes_no_sense_is_explained(officer: Client, unit_list: str) -> None:
    response = officer.get(unit_list, {"since": "yesterday"})
    assert "“yesterday”不是日期" in response.content.decode()
    assert response.context["list"].page.total == 0


def test_a_choice_that_is_not_offered_is_explained(officer: Client, unit_list: str) -> None:
    for value in ("nonsense", "9" * 30):
        page = officer.get(unit_list, {"level": value})
        assert page.status_code == 200 and "这个选项" in page.content.decode()


def test_htmx_gets_the_same_results_without_the_page_and_a_clean_address(officer: Client, unit_list: str) -> None:
    part = officer.get(unit_list, {"q": "第03", "level": ""}, headers=HTMX)
    assert part["HX-Push-Url"] == "/units/?q=%E7%AC%AC03"
    assert "<html" not in part.content.decode() and "第03县" in part.content.decode()


def test_nobody_else_s_units_are_seen_counted_or_exported(visitor: Make, make_unit: Make, unit_list: str) -> None:
    mine, other = make_unit("mine", parent=make_unit()), make_unit("other", parent=make_unit())
    client = visitor("unit_contact", unit=mine)
    shown = client.get(unit_list)
    assert names(shown) == [f"{mine.name}"] and other.name not in shown.content.decode()
    assert client.post(unit_list, {"act": "export"}).status_code == 403


def test_who_may_not_look_is_told_whom_to_ask(visitor: Make, unit_list: str) -> None:
    response = visitor("security_admin").get(unit_list)
    assert response.status_code == 403
    assert "安全管理员申请" in response.content.decode()


def test_nothing_found_and_nothing_there_read_differently(
    officer: Client, unit_list: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = officer.get(unit_list, {"q": "没有"}).content.decode()
    assert "没有符合条件的记录" in found and "这里还没有数据" not in found
    monkeypatch.setattr(policy.Scope, "q", lambda self, field: Q(pk__in=[]))
    there = officer.get(unit_list).content.decode()
    assert "这里还没有数据" in there and UNITS.empty in there and "没有符合条件的记录" not in there


def test_an_export_holds_the_filter_no_formula_and_is_recorded(
    officer: Client, unit_list: str, make_unit: Make
) -> None:
    make_unit("evil", parent=make_unit(), name="=HYPERLINK(1)")
    response = officer.post(f"{unit_list}?q=evil", {"act": "export"})
    lines = b"".join(response).decode().split("\r\n")  # type: ignore[arg-type]
    assert lines[0] == "\ufeff名称,代码,层级,路径"
    assert lines[1] == "'=HYPERLINK(1),evil,city,/city/evil/"
    entry = Entry.objects.latest("sequence")
    assert (entry.action, entry.address) == ("inventory.export", "127.0.0.1")
    assert "q=evil 1" in entry.subject


def test_columns_and_size_are_remembered_for_this_reader(officer: Client, unit_list: str) -> None:
    officer.post(unit_list, {"act": "columns", "column": ["path", "nonsense"], "size": "50"})
    shown = officer.get(unit_list).context["list"]
    assert [heading.column.key for heading in shown.headings] == ["name", "path"]
    assert len(shown.rows) == 26
    assert ListPreference.objects.get().columns == ["path"]


def test_a_filter_is_saved_listed_and_dropped(officer: Client, unit_list: str) -> None:
    officer.post(f"{unit_list}?level=county", {"act": "save", "name": "县"})
    assert SavedFilter.objects.get().query == "?level=county"
    assert "/units/?level=county" in officer.get(unit_list).content.decode()
    officer.post(unit_list, {"act": "drop", "name": "县"})
    assert not SavedFilter.objects.exists()


def test_nothing_to_save_is_said(officer: Client, unit_list: str) -> None:
    response = officer.post(unit_list, {"act": "save", "name": "空"}, follow=True)
    assert "请先选好筛选条件" in response.content.decode() and not SavedFilter.objects.exists()


def test_queries_do_not_grow_with_rows(
    officer: Client, unit_list: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    officer.get(unit_list)  # a session's first page writes the session
    with django_assert_max_num_queries(12):  # four of them for the header: three for approvals, messages
        officer.get(unit_list, {"size": "100", "q": "第"})
