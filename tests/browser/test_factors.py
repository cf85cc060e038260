"""The second factor in a real browser: an authenticator app and a security key, set up, used and asked again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.visitors import SECRET, code, give_app

SIZES = {"wide": (1440, 900), "phone": (390, 844)}


@pytest.fixture
def officer(make_account: Callable[..., Any]) -> Any:
    return make_account("audit_admin", username="shenji")


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("账号").fill("shenji")
    page.get_by_label("口令").fill(password)
    page.keyboard.press("Enter")


def with_key(page: Page) -> Any:
    """Chromium's own virtual security key."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    return session


def test_an_officer_sets_up_an_app_with_the_keyboard_alone(
    open_page: Callable[..., Page], officer: Any, password: str
) -> None:
    from qingdun.access import proofs

    page = open_page(None, "/login/", scripts=False)
    sign_in(page, password)
    expect(page.get_by_role("heading", name="设置动态口令")).to_be_visible()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    expect(page.get_by_label("验证码")).to_be_focused()
    page.keyboard.type(proofs.code_of(officer, secret))
    page.keyboard.press("Enter")
    expect(page.locator(".factor-codes li")).to_have_count(10)
    spare = page.locator(".factor-codes li").first.inner_text()
    page.get_by_role("link", name="已经收好").click()
    expect(page).to_have_url(re.compile(r"/$"))

    other = open_page(None, "/login/?next=/factors/", scripts=False)
    sign_in(other, password)
    other.get_by_label("验证码").fill(spare)
    other.keyboard.press("Enter")
    expect(other.locator("main")).to_contain_text("还有 9 个没用过")


def test_a_security_key_is_added_and_signs_in(open_page: Callable[..., Page], officer: Any, password: str) -> None:
    page = open_page(None, "/login/")
    with_key(page)
    sign_in(page, password)
    page.get_by_role("link", name="改用安全密钥").click()
    page.get_by_label("给它起个名字").fill("办公室的钥匙")
    page.get_by_role("button", name="添加").click()
    page.get_by_role("link", name="已经收好").click()
    page.goto("/factors/")
    expect(page.locator("main")).to_contain_text("办公室的钥匙")
    page.context.clear_cookies()
    page.goto("/login/?next=/factors/")
    sign_in(page, password)
    page.get_by_role("button", name="用安全密钥").click()
    expect(page).to_have_url(re.compile("/factors/$"))
    page.goto("/factors/key/")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("status").filter(has_text="没有完成")).to_be_visible()  # the same key twice


def test_a_key_of_another_account_proves_nothing(
    open_page: Callable[..., Page], officer: Any, make_account: Callable[..., Any], password: str
) -> None:
    """What one account's key signed for its own login does not open another's."""
    from allauth.mfa.models import Authenticator

    page = open_page(None, "/login/")
    with_key(page)
    sign_in(page, password)
    page.get_by_role("link", name="改用安全密钥").click()
    page.get_by_role("button", name="添加").click()
    page.get_by_role("link", name="已经收好").click()
    other = make_account("security_admin", username="anquan")
    give_app(other)
    Authenticator.objects.filter(type="webauthn").update(user=other)
    give_app(officer)
    page.context.clear_cookies()
    page.goto("/login/")
    sign_in(page, password)
    expect(page.get_by_label("验证码")).to_be_visible()
    expect(page.get_by_role("button", name="用安全密钥")).to_have_count(0)


@pytest.fixture
def sample(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, officer: Any, password: str
) -> Iterator[None]:
    from qingdun.lib import sample

    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    give_app(officer)
    sample.keep([sample.SampleAccount("audit_admin", "审计管理员", "Audit", "市", "shenji", password, SECRET)])
    settings.SAMPLE = True
    yield


def test_a_sample_officer_comes_in_with_the_code_that_is_shown(open_page: Callable[..., Page], sample: None) -> None:
    page = open_page(None, "/login/")
    page.get_by_role("button", name="审计管理员").click()
    shown = page.locator("[data-sample-code]").inner_text()
    page.get_by_label("验证码").fill(shown)
    page.keyboard.press("Enter")
    expect(page.locator(".who")).to_contain_text("审计管理员")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_step_is_sound_on_every_screen(
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
    too_wide: Callable[[Page], list[str]],
    officer: Any,
    password: str,
    make_account: Callable[..., Any],
    size: str,
    language: str,
) -> None:
    wrong = []
    page = open_page(None, "/login/", size=SIZES[size], language=language)
    page.locator("#id_username").fill("shenji")
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/factors/app/")
    wrong += faults(page) + too_wide(page)
    page.goto("/factors/key/")
    wrong += faults(page) + too_wide(page)
    give_app(officer)
    other = open_page(None, "/login/", size=SIZES[size], language=language)
    other.locator("#id_username").fill("shenji")
    other.locator("#id_password").fill(password)
    other.keyboard.press("Enter")
    other.wait_for_url("**/login/factor/")
    wrong += faults(other) + too_wide(other)
    other.locator("#id_code").fill(code(officer))
    other.keyboard.press("Enter")
    expect(other.locator(".who")).to_be_visible()
    other.goto("/factors/")
    wrong += faults(other) + too_wide(other)
    other.goto("/factors/again/")
    wrong += faults(other) + too_wide(other)
    assert wrong == []
