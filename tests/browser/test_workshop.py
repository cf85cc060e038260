"""The mapping workshop: pasted lines become a format of the site, in the browser, in both sizes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from qingdun.logs import known

LINES = "\n".join(f"dev=QFW9 laiyuan=198.51.100.{n} dip=10.20.3.{n} dpt=443 op=jujue" for n in range(1, 5))


@pytest.fixture(autouse=True)
def _no_site_formats() -> Iterator[None]:
    shutil.rmtree(known.folder(), ignore_errors=True)
    yield
    shutil.rmtree(known.folder(), ignore_errors=True)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "narrow"])
def test_from_pasted_lines_to_a_format_that_reads(
    open_page: Any, make_account: Any, transactional_db: None, faults: Any, too_wide: Any, size: tuple[int, int]
) -> None:
    page = open_page(make_account("operations_engineer"), "/logs/formats/workshop", size=size)
    assert faults(page) == [] and too_wide(page) == []
    page.locator("#lines").fill(LINES)
    page.get_by_role("button", name="看看怎么读").click()
    expect(page.get_by_role("radio", name="key=value", exact=True)).to_be_checked()
    page.get_by_label("laiyuan").select_option("source.ip")
    page.locator(".meanings select").select_option("blocked")
    page.get_by_role("button", name="重新预览").first.click()
    expect(page.locator(".preview")).to_contain_text("198.51.100.4")
    expect(page.locator(".preview")).to_contain_text("拦截")
    assert faults(page) == [] and too_wide(page) == []
    page.get_by_role("button", name="保存为本单位格式").click()
    expect(page.get_by_text("还不能保存")).to_be_visible()
    page.get_by_label("名称").fill("城北防火墙")
    page.get_by_label("代号").fill("chengbei_fw")
    page.get_by_role("button", name="保存为本单位格式").click()
    expect(page.get_by_role("heading", name="城北防火墙")).to_be_visible()
    assert faults(page) == [] and too_wide(page) == []
    page.get_by_role("button", name="删除").click()
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.get_by_text("格式 chengbei_fw 已删除")).to_be_visible()
    assert not known.of_site("chengbei_fw")
