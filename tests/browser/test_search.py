"""The search page as a duty officer uses it, and the way of one line from a device to that page."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.logs.conftest import installation, migrated  # noqa: F401 (fixtures)
from tests.logs.installation import Installation, wait
from tests.logs.views.conftest import fill, make_source  # noqa: F401 (fixtures)

ROLE = "operations_engineer"
PASSWORD = "correct-Horse-9-battery"
ACCOUNT = f"""
from datetime import date, timedelta
from qingdun.access.actions import create_account, create_unit, grant
from qingdun.access.models import Person
city = create_unit("city", "云河市", "city", None, by=None)
person = Person.objects.create(name="值班员", unit=city)
account = create_account("watch", person, {PASSWORD!r}, by=None, must_change=False)
today = date.today()
grant(account, {ROLE!r}, city, today - timedelta(1), today + timedelta(1), by=None, reason="test")
answer = account.username
"""


@pytest.fixture
def at_the_screen(browser: Browser, installation: Installation) -> Callable[[], Page]:  # noqa: F811
    """The product's own web process, with somebody signed in."""
    subprocess.run([sys.executable, "-m", "qingdun.web.assets"], env=installation.environment, check=True, timeout=120)
    installation.ask(ACCOUNT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    installation.start("web", "--bind", f"127.0.0.1:{port}", "--workers", "1")

    def answers() -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    wait(answers, 30, installation.said)

    def signed_in() -> Page:
        page = browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="zh-CN").new_page()
        page.goto("/login/")
        page.fill("input[name=username]", "watch")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/")
        return page

    return signed_in


@pytest.mark.process
def test_a_line_of_a_device_is_found_within_two_seconds(
    installation: Installation,  # noqa: F811
    at_the_screen: Callable[[], Page],
) -> None:
    port = installation.collect()["udp"]
    installation.start("work")
    send(port, "warming up")
    installation.lines(1)
    page = at_the_screen()
    page.goto("/logs/search/?q=needle-7f3a&last=1h")
    expect(page.get_by_text("没有符合条件的日志")).to_be_visible()
    send(port, "a needle-7f3a in the stack")
    sent = time.monotonic()
    while not page.locator(".events .what", has_text="needle-7f3a").count():
        assert time.monotonic() - sent < 2, installation.said()
        page.reload(wait_until="domcontentloaded")
    assert time.monotonic() - sent <= 2
    page.get_by_text("持续更新").click()
    expect(page.get_by_text("每 2 秒更新")).to_be_visible()
    send(port, "another needle-7f3a")
    expect(page.locator(".events .what", has_text="another")).to_be_visible(timeout=6000)
    page.context.close()


def send(port: int, text: str) -> None:
    """By the system's own logger, as a device would; by a plain datagram where there is none."""
    if shutil.which("logger"):
        subprocess.run(["logger", "-d", "-n", "127.0.0.1", "-P", str(port), text], check=True, timeout=10)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(f"<13>{text}".encode(), ("127.0.0.1", port))


@pytest.fixture
def officer(make_account: Any, fill: Any, make_source: Any, transactional_db: None) -> Any:  # noqa: F811
    source = make_source("城北 WAF").pk
    rows = [
        {"qingdun.source": source, "qingdun.action": "blocked", "event.severity": 4, "source.ip": f"198.51.100.{n % 3}",
         "destination.ip": "10.20.3.4", "rule.name": "SQL 注入", "url.original": f"/a.jsp?id={n}"}
        for n in range(60)
    ]  # fmt: skip
    fill(*rows, {"qingdun.source": source, "error.message": "没有格式", "event.original": "<b>odd</b>"})
    return make_account(ROLE)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_is_whole_in_both_languages_and_sizes(
    open_page: Any, officer: Any, faults: Any, too_wide: Any, size: tuple[int, int], language: str
) -> None:
    page = open_page(officer, "/logs/search/?last=1h", size=size, language=language)
    expect(page.locator("#total strong")).to_have_text("61")
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.locator(".beside-field[open] .values").first).to_be_visible()
    page.locator(".search-help summary").click()
    assert faults(page) == [] and too_wide(page) == []
    page.goto("/logs/search/?q=sourc.ip:1")
    assert faults(page) == [] and too_wide(page) == []
    page.goto("/logs/unread/")
    expect(page.locator(".cluster")).to_have_count(1)
    assert faults(page) == [] and too_wide(page) == []


def test_values_narrow_the_search_and_chips_widen_it(open_page: Any, officer: Any) -> None:
    page = open_page(officer, "/logs/search/?last=1h")
    page.locator(".values a.value", has_text="198.51.100.1").click()
    expect(page.locator("#total strong")).to_have_text("20")
    expect(page.locator("#query")).to_have_value("source.ip:198.51.100.1")
    page.locator(".beside-field", has_text="规则名").locator("summary").click()
    expect(page.locator(".values", has_text="SQL 注入")).to_be_visible()
    page.locator(".chip").first.click()
    expect(page.locator("#total strong")).to_have_text("61")


def test_rows_are_walked_by_keyboard_and_open(open_page: Any, officer: Any) -> None:
    page = open_page(officer, "/logs/search/?q=qingdun.action:blocked&last=1h")
    expect(page.locator("#total strong")).to_have_text("60")
    for key in ("j", "j", "k", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="SQL 注入")).to_be_visible()
    page.locator(".crumbs a").click()
    expect(page).to_have_url(re.compile(r"q=qingdun\.action%3Ablocked&last=1h"))


def test_field_names_are_completed_behind_what_stands(open_page: Any, officer: Any) -> None:
    page = open_page(officer, "/logs/search/?last=1h")
    page.locator("#query").press_sequentially("shell -rule.na")
    offers = page.locator("#query-fields option").evaluate_all("all => all.map(one => one.value)")
    assert "shell -rule.name:" in offers
    page.locator("#query").press_sequentially("me:x")
    assert page.locator("#query-fields option").count() == 0


def test_all_of_it_works_without_scripts(open_page: Any, officer: Any) -> None:
    page = open_page(officer, "/logs/search/?last=1h", scripts=False)
    page.get_by_role("link", name="统计时间分布与总数").click()
    expect(page.locator("#total strong")).to_have_text("61")
    page.locator(".search-help summary").click()
    page.locator("select[name=name]").select_option("source.ip")
    page.locator("input[name=value]").fill("198.51.100.2")
    page.get_by_role("button", name="添加条件").click()
    expect(page.locator("#query")).to_have_value("source.ip:198.51.100.2")
    page.locator(".row-link").first.click()
    expect(page.get_by_role("heading", name="原始日志")).to_be_visible()


def test_one_event_is_whole(open_page: Any, officer: Any, faults: Any, too_wide: Any) -> None:
    for size in ((1440, 900), (390, 844)):
        page = open_page(officer, "/logs/search/?last=1h", size=size)
        page.locator(".row-link").first.click()
        expect(page.get_by_role("heading", name="原始日志")).to_be_visible()
        assert faults(page) == [] and too_wide(page) == []
