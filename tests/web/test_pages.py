"""The pages of the shell itself: errors, the global search and what every response carries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from qingdun.web import errors, finders
from qingdun.web.finders import Hit
from qingdun.web.middleware import POLICY


def test_every_kind_of_answer_carries_the_policy_and_is_stored_nowhere(visitor: Any) -> None:
    client = visitor("security_officer")
    for path, status in (("/", 200), ("/nowhere", 404), ("/system/jobs/", 403), ("/static/web/live.js", 404)):
        response = client.get(path)
        assert response["Content-Security-Policy"] == POLICY
        if status != 404 or path == "/nowhere":
            assert response.status_code == status
            assert response["Cache-Control"] == "no-store"


def test_a_redirect_to_https_carries_the_policy_too(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/login/")
    assert response.status_code == 301 and response["Location"].startswith("https://")
    assert response["Content-Security-Policy"] == POLICY and response["Cache-Control"] == "no-store"


def test_the_language_cookie_is_no_scripts_business(client: Client, settings: Any) -> None:
    settings.LANGUAGE_COOKIE_SECURE = True  # as with QINGDUN_HTTPS=1
    cookie = client.post("/language", {"language": "en"}).cookies[settings.LANGUAGE_COOKIE_NAME]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax"


def test_nothing_in_a_page_is_inline(visitor: Any) -> None:
    page = visitor("security_officer").get("/").content.decode()
    assert not [word for word in (" style=", " onclick=", " onload=", "javascript:", "<style") if word in page]


@pytest.mark.parametrize("role", ["security_admin", "audit_admin", "system_admin", ""])
def test_the_first_page_helps_who_has_no_business_rights(visitor: Any, role: str) -> None:
    page = visitor(role).get("/").content.decode()
    assert ("没有业务数字可看" if role else "还没有角色") in page


def test_a_refused_method_and_a_forged_form_are_explained(visitor: Any) -> None:
    client = visitor("security_officer")
    refused = client.post("/search")
    assert refused.status_code == 405 and refused["Allow"] == "GET, HEAD"
    assert "不接受这种访问方式" in refused.content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(client.account)
    forged = strict.post("/language", {"language": "en"})
    assert forged.status_code == 403 and "无法确认提交来自您本人" in forged.content.decode()


def test_the_page_of_a_broken_platform_asks_the_records_nothing() -> None:
    response = errors.server_error(RequestFactory().get("/"))  # no database fixture: any query would raise
    assert response.status_code == 500 and "已记入运行日志" in response.content.decode()


def test_the_language_is_switched_without_scripts_and_remembered(visitor: Any) -> None:
    client = visitor("security_officer")
    page = client.post("/language", {"language": "en", "next": "/"}, follow=True)
    assert '<html lang="en">' in page.content.decode()
    assert client.cookies["qingdun_language"]["max-age"] == 31_536_000
    page = client.post("/language", {"language": "zh-hans", "next": "/"}, follow=True)
    assert '<html lang="zh-hans">' in page.content.decode()


def test_search_asks_only_what_the_reader_may_see(visitor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "_finders", [])
    finders.register("主机", "inventory.view", lambda _user, words: [Hit(f"主机 {words}", "市教育局", "/x/")] * 20)
    finders.register("账号", "access.create", lambda *_: [Hit("秘密", "", "/y/")])
    page = visitor("security_officer").get("/search", {"q": "<10.0>"}).content.decode()
    assert page.count("主机 &lt;10.0&gt;") == finders.LIMIT and "秘密" not in page
    assert "没有可以搜索的内容" in visitor("audit_admin").get("/search", {"q": "x"}).content.decode()
