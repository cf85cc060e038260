"""The officers' day: an account asked for, agreed to and opened, a second factor set, a role asked for, given at the
right level, used, and gone by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from qingdun.access.models import Account, Decision, Grant
from qingdun.audit.verify import verify

CHOSEN = "quiet-Harbour-31-lantern"


def agree(page: Page, matter: str) -> None:
    """From the list of what waits to the decision."""
    page.goto("/powers/approvals/")
    page.get_by_role("link", name=matter).click()
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.locator("main")).to_contain_text("已同意")


def test_the_officers_day(
    open_page: Callable[..., Page], make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    city = make_unit()
    edu, health = make_unit("edu", parent=city, name="教育局"), make_unit("health", parent=city, name="卫健局")
    clerk = open_page(make_account(unit=edu))
    head, other = open_page(make_account("unit_head", unit=edu)), open_page(make_account("unit_head", unit=health))
    system, security = open_page(make_account("system_admin")), open_page(make_account("security_admin"))

    # An account is asked for, endorsed by the head of that very unit, and opened by the system administrator.
    clerk.goto("/powers/approvals/ask")
    clerk.get_by_role("link", name="申请账号").click()
    clerk.get_by_label("姓名").fill("李晓")
    clerk.get_by_label("账号").fill("lixiao")
    clerk.get_by_label("申请理由").fill("新到岗，负责教育局系统台账")
    clerk.locator("main form button.button-primary").click()
    other.goto("/powers/approvals/")
    expect(other.locator("main")).to_contain_text("现在没有等您审核的申请")
    agree(head, "李晓")
    assert not Account.objects.filter(username="lixiao").exists()
    agree(system, "李晓")
    opened = Account.objects.get(username="lixiao")
    system.goto(f"/powers/accounts/{opened.pk}/password")
    system.get_by_label("事由").fill("新开账号，当面交给本人")
    system.locator("main form button.button-primary").click()
    password = system.locator("#one-time").inner_text()

    # The newcomer signs in once with it, chooses a password, and sets a second factor.
    own = open_page(None, "/login/")
    own.get_by_label("账号").fill("lixiao")
    own.get_by_label("口令").fill(password)
    own.keyboard.press("Enter")
    own.get_by_label("现在的口令").fill(password)
    own.get_by_label("新口令", exact=False).first.fill(CHOSEN)
    own.get_by_label("再输一遍新口令").fill(CHOSEN)
    own.keyboard.press("Enter")
    expect(own).to_have_url(re.compile(r"/$"))
    own.goto("/factors/app/")
    from qingdun.access import proofs

    secret = own.locator("[data-secret]").inner_text().replace(" ", "")
    own.get_by_label("验证码").fill(proofs.code_of(opened, secret))
    own.keyboard.press("Enter")
    expect(own.locator(".factor-codes li")).to_have_count(10)
    own.get_by_role("link", name="已经收好").click()

    # Without a role there is nothing to see; one is asked for, endorsed and given.
    own.goto("/")
    expect(own.get_by_role("link", name="资产与系统")).to_have_count(0)
    own.goto("/powers/approvals/ask")
    own.get_by_role("link", name="申请角色").click()
    own.get_by_label("角色").select_option("unit_contact")
    own.get_by_label("申请理由").fill("维护本局台账")
    own.locator("main form button.button-primary").click()
    own.goto("/powers/approvals/")
    expect(own.locator("main")).to_contain_text("现在没有等您审核的申请")
    agree(head, "业主单位联系人")
    assert not Grant.objects.filter(account=opened).exists()
    agree(security, "业主单位联系人")
    given = Grant.objects.get(account=opened)
    assert given.unit == edu and Decision.objects.filter(approval__kind="access.role").count() == 2

    # Used: the newcomer registers a system of the own unit. Then the term is over, and the door shut by itself.
    own.goto("/")
    own.get_by_role("link", name="资产与系统").first.click()
    expect(own.get_by_role("heading", name="单位", exact=True)).to_be_visible()
    assert own.goto("/assets/systems/new").status == 200  # type: ignore[union-attr]
    yesterday = timezone.localdate() - timedelta(days=1)
    Grant.objects.filter(pk=given.pk).update(starts=yesterday, ends=yesterday)
    own.problems.clear()  # type: ignore[attr-defined]
    assert own.goto("/assets/systems/new").status == 403  # type: ignore[union-attr]
    own.problems.clear()  # type: ignore[attr-defined]  # the browser reports the refusal, which is what was wanted
    own.goto("/")
    expect(own.get_by_role("link", name="资产与系统")).to_have_count(0)
    assert verify().whole
