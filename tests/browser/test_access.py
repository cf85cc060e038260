"""The door in a real browser: signing in, one click on a sample, the lock, the language, the first password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

SIZES = {"wide": (1440, 900), "phone": (390, 844)}


@pytest.fixture
def account(make_account: Callable[..., Any]) -> Any:
    return make_account("security_officer", username="zhaoyi")


@pytest.fixture
def sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, account: Any, password: str
) -> Iterable[None]:
    from qingdun.lib import sample

    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    one = sample.SampleAccount(
        "security_officer", "局安全管理员", "Bureau security officer", "市政数局", "zhaoyi", password
    )
    sample.keep([one])
    settings.SAMPLE = True
    yield


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_signing_in_with_the_keyboard_leads_to_where_one_wanted_to_go(
    open_page: Callable[..., Any], account: Any, password: str, scripts: bool
) -> None:
    page = open_page(None, "/password/", scripts=scripts)
    expect(page.get_by_label("账号")).to_be_focused()
    page.keyboard.type("zhaoyi")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("账号或口令不对")
    page.get_by_label("口令").fill(password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/password/$"))


def test_the_language_chosen_at_the_door_stays_inside(
    open_page: Callable[..., Any], account: Any, password: str
) -> None:
    page = open_page(None, "/login/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("#id_username").fill("zhaoyi")
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_one_click_on_a_sample_account_signs_in(open_page: Callable[..., Any], sample: None) -> None:
    page = open_page(None, "/login/")
    page.get_by_role("button", name="局安全管理员").click()
    page.wait_for_url("**/")
    expect(page.locator(".who")).to_contain_text("局安全管理员")


def test_the_lock_says_until_when(open_page: Callable[..., Any], account: Any) -> None:
    page = open_page(None, "/login/")
    for _ in range(5):
        page.get_by_label("账号").fill("zhaoyi")
        page.get_by_label("口令").fill("wrong")
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("暂停登录")
    expect(page.locator("main strong")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    page.problems.clear()  # the browser itself writes every 429 to its console


def test_a_given_password_is_changed_before_anything_else(
    open_page: Callable[..., Any], make_account: Callable[..., Any], password: str
) -> None:
    page = open_page(make_account("audit_admin", must_change=True), "/audit/")
    expect(page.get_by_role("heading", level=1)).to_have_text("先换成自己的口令")
    page.get_by_label("现在的口令").fill(password)
    page.get_by_label("新口令", exact=False).nth(0).fill("a-Brand-new-1-secret")
    page.get_by_label("再输一遍新口令").fill("a-Brand-new-1-secret")
    page.get_by_role("button", name="修改口令").click()
    expect(page.get_by_role("status").first).to_contain_text("口令已修改")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_door_is_sound_on_every_screen(
    open_page: Callable[..., Any],
    faults: Callable[[Any], list[str]],
    sample: None,
    make_account: Callable[..., Any],
    size: str,
    language: str,
) -> None:
    page = open_page(None, "/login/", size=SIZES[size], language=language)
    wrong = faults(page)
    page = open_page(make_account(must_change=True), "/password/", size=SIZES[size], language=language)
    assert wrong + faults(page) == []
