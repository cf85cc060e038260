"""A figure is defined once, counted within the reader's scope, and links to the rows it counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qingdun.config import cli
from qingdun.lib.indicator import Figure
from qingdun.reporting.figures import indicators

pytestmark = pytest.mark.django_db


def test_every_indicator_is_whole() -> None:
    from qingdun.access.permissions import all_permissions

    for key, indicator in indicators().items():
        assert indicator.permission in all_permissions(), key
        assert str(indicator.name) and len(str(indicator.definition)) >= 10, key
        assert indicator.link is None or reverse(indicator.link[0]), key


def test_an_empty_denominator_is_a_dash_and_not_zero() -> None:
    assert str(Figure(0, 0)) == "—"
    assert str(Figure(74, 106)) == "69.8%"
    assert str(Figure(1577372)) == "1,577,372"


def test_the_command_prints_what_the_design_promises(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["figures", "--json", "--at", "2022-07-31"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in printed] == list(indicators())
    assert {"key", "name", "value", "numerator", "denominator", "definition"} <= set(printed[0])


def test_page_and_api_show_the_same(visitor: Callable[..., Client]) -> None:
    client = visitor("security_officer")
    page = client.get(reverse("reporting:figures"))
    rows = client.get("/api/v1/reporting/figures").json()
    assert [reading.indicator.key for reading in page.context["readings"]] == [row["key"] for row in rows] != []


def test_a_day_that_is_none_is_said(visitor: Callable[..., Client]) -> None:
    page = visitor("security_officer").get(reverse("reporting:figures"), {"at": "昨天"})
    assert "“昨天”不是日期" in page.content.decode()
    answer = visitor("security_officer").get("/api/v1/reporting/figures?at=yesterday")
    assert answer.status_code == 422 and "detail" in answer.json()


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_the_calendar_is_none(
    visitor: Callable[..., Client], at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = visitor("security_officer")
    assert f"“{at}”不是日期" in client.get(reverse("reporting:figures"), {"at": at}).content.decode()
    assert client.get(f"/api/v1/reporting/figures?at={at}").status_code == 422
    assert cli.main(["figures", "--at", at]) == 2 and at in capsys.readouterr().err


def test_who_may_not_is_refused(visitor: Callable[..., Client]) -> None:
    client = visitor("audit_admin")
    assert client.get(reverse("reporting:figures")).status_code == 403
    answer = client.get("/api/v1/reporting/figures")
    assert (answer.status_code, answer.json()["detail"]) == (403, "没有权限：查看统计")


def test_counts_stay_within_the_readers_units(
    visitor: Callable[..., Client], make_unit: Callable[..., Any], make_host: Callable[..., Any]
) -> None:
    city = make_unit("city")
    ours, theirs = make_unit("ours", parent=city), make_unit("theirs", parent=city)
    make_host(unit=ours), make_host(unit=theirs), make_host(unit=theirs)
    client = visitor("bureau_leader", unit=ours)
    rows = {row["key"]: row["value"] for row in client.get("/api/v1/reporting/figures").json()}
    assert rows["hosts"] == 1


def test_figures_may_be_read_for_any_day() -> None:
    from qingdun.access.policy import ROOT, Scope
    from qingdun.reporting.figures import permissions, read

    everywhere = {key: Scope(key, (ROOT,)) for key in permissions()}
    assert len(read(everywhere, date(1999, 12, 31))) == len(indicators())


def test_a_leader_sees_how_many_and_only_who_searches_may_open_the_lines(visitor: Callable[..., Client]) -> None:
    def links(role: str) -> dict[str, str]:
        rows = visitor(role).get("/api/v1/reporting/figures").json()
        return {row["key"]: row["link"] for row in rows}

    assert links("bureau_leader")["attacks_intercepted"] == ""
    assert links("security_officer")["attacks_intercepted"].startswith(reverse("logs:search"))
