"""The register as a contact of a unit works with it: find a gap, enter a host, move a system on, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from qingdun.inventory import actions
from qingdun.inventory.models import Host, Site, System

NARROW = (390, 844)
Open = Callable[..., Any]
DAY = date(2026, 3, 2)


@pytest.fixture
def contact(transactional_db: None, make_unit: Any, make_account: Any) -> Any:
    unit = make_unit("edu", parent=make_unit(), name="云河市教育局")
    system = System(code="YL-EDU-01", name="招生平台", unit=unit, provisioned=DAY, ready=DAY, internet_since=DAY)
    actions.register(system, by=None)
    actions.register(Site(domain="edu.example.cn", url="https://edu.example.cn/", system=system), by=None)
    for number, agent in ((1, DAY), (2, None)):
        host = Host(name=f"edu-web{number}", zone="govnet", address=f"10.7.0.{number}", system=system, unit=unit)
        host.agent_since = agent
        actions.register(host, by=None)
    return make_account("unit_contact", unit=unit)


def test_a_figure_leads_to_its_rows_and_on_to_the_gap(contact: Any, open_page: Open) -> None:
    page = open_page(contact, "/assets/units/")
    page.get_by_role("link", name="云河市教育局").click()
    page.get_by_role("link", name="主机代理覆盖率").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("当日已装代理")).to_be_visible()
    page.get_by_role("link", name="全部清除").click()
    page.get_by_role("link", name="未装代理").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="edu-web2")).to_be_visible()


def test_a_host_is_entered_from_its_system_and_found_by_any_address(contact: Any, open_page: Open) -> None:
    page = open_page(contact, f"/assets/systems/{System.objects.get().pk}/")
    page.locator("section", has_text="主机").get_by_role("link", name="登记").first.click()
    expect(page.get_by_label("信息系统")).to_have_value("YL-EDU-01")
    page.get_by_label("名称").fill("edu-db1")
    page.get_by_label("网络区域").select_option("govnet")
    page.get_by_label("主地址").fill("10.7.0.1")
    page.get_by_label("其他地址").fill("2001:db8::31")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert").first).to_contain_text("已有主机使用该地址")
    page.get_by_label("主地址").fill("10.7.0.3")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("edu-db1")
    page.keyboard.press("/")
    page.keyboard.type("2001:db8::31")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="edu-db1").click()
    expect(page).to_have_url(re.compile(Host.objects.get(name="edu-db1").get_absolute_url() + "$"))


def test_a_system_moves_one_stage_on(contact: Any, open_page: Open) -> None:
    page = open_page(contact, f"/assets/systems/{System.objects.get().pk}/")
    page.get_by_role("link", name="变更阶段").click()
    expect(page.get_by_label("已通过测评")).to_have_count(0)
    page.get_by_label("已提测").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".stepper [aria-current=step]")).to_contain_text("已提测")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_fit_a_phone(
    contact: Any,
    open_page: Open,
    too_wide: Callable[[Any], list[str]],
    faults: Callable[[Any], list[str]],
    language: str,
) -> None:
    system, host = System.objects.get(), Host.objects.first()
    assert host is not None
    page = open_page(contact, "/assets/hosts/", size=NARROW, language=language)
    for path in ("/assets/hosts/", host.get_absolute_url(), system.get_absolute_url(), "/assets/hosts/new"):
        page.goto(path)
        assert too_wide(page) + faults(page) == []
