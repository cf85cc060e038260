"""A real browser on a live server. A console error, a failed script or a request off this host fails the test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from qingdun.web import assets
from tests.visitors import admit

WIDE, NARROW = (1440, 900), (390, 844)
QUIET = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ZONES = {"zh-hans": "zh-CN", "en": "en-GB"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own chromium; nothing is downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("QINGDUN_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """Catalogues and the chart bundle, as an installation has them."""
    assets.catalogues()
    if not (assets.PACKAGE / "web" / "static" / "vendor" / "vega.js").exists():
        assets.chart_bundle()


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """`open_page(account, path, size=WIDE, language="zh-hans", scripts=True)`: a page of a signed-in account.

    `page.problems` collects what went wrong in the browser; the test fails at its end if anything is left there.
    """
    from django.test import Client

    contexts, problems = [], []

    def opened(
        account: Any = None,
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        language: str = "zh-hans",
        scripts: bool = True,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": size[0], "height": size[1]},
            locale=ZONES[language],
            java_script_enabled=scripts,
        )
        contexts.append(context)
        cookies = {"qingdun_language": language}
        if account is not None:
            client = Client()  # its own: a client that signs somebody else in ends the session before
            admit(client, account)
            cookies |= {name: morsel.value for name, morsel in client.cookies.items()}
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
        page = context.new_page()
        page.problems = problems  # type: ignore[attr-defined]
        _watch(page, live_server.url, problems)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def _watch(page: Page, origin: str, problems: list[str]) -> None:
    page.on("console", lambda said: said.type == "error" and problems.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda asked: (
            not asked.url.startswith((origin, "data:", "blob:")) and problems.append(f"{page.url} → {asked.url}")
        ),
    )


@pytest.fixture
def faults() -> Callable[[Page], list[str]]:
    """`faults(page)`: what axe (WCAG 2.2 A and AA) finds wrong, in words."""

    def found(page: Page) -> list[str]:
        report = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": RULES}).response["violations"]
        return [f"{_path(page)}: {one['id']} {[node['html'][:120] for node in one['nodes'][:3]]}" for one in report]

    return found


@pytest.fixture
def too_wide() -> Callable[[Page], list[str]]:
    """`too_wide(page)`: by how much the page must be scrolled sideways, in words."""

    def found(page: Page) -> list[str]:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return [f"{_path(page)}: {wide} px wider than the screen"] if wide > 0 else []

    return found


def _path(page: Page) -> str:
    return re.sub(r"^https?://[^/]+", "", page.url)
