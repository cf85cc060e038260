from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client

from qingdun.access import rules
from qingdun.access.core.rules import Rules
from qingdun.audit.models import Entry

pytestmark = pytest.mark.django_db
WANTED = {name: value for name, value in asdict(Rules()).items() if name != "one_session"} | {"reason": "按新制度"}


def test_the_page_shows_and_sets_the_rules(visitor: Callable[..., Client]) -> None:
    client = visitor("security_admin")
    page = client.get("/powers/rules/").content.decode()
    assert "8 到 64，默认 10" in page
    answer = client.post("/powers/rules/", WANTED | {"tries": 4, "one_session": "on"}, follow=True)
    assert "登录规则已保存" in answer.content.decode()
    assert (rules.current().tries, rules.current().one_session) == (4, True)
    assert Entry.objects.get(action="access.rules").reason == "按新制度"


@pytest.mark.parametrize(
    "wrong", [{"min_length": 6}, {"idle_minutes": 60}, {"tries": "x"}, {"reason": ""}, {"kinds": ""}]
)
def test_what_is_out_of_bounds_changes_nothing(visitor: Callable[..., Client], wrong: dict[str, Any]) -> None:
    answer = visitor("security_admin").post("/powers/rules/", WANTED | wrong)
    assert answer.status_code == 200 and "field-wrong" in answer.content.decode()
    assert rules.current() == Rules()


def test_setting_them_asks_for_a_fresh_proof(visitor: Callable[..., Client]) -> None:
    client = visitor("security_admin")
    session = client.session
    session["proven"] = {key: at - 901 for key, at in session["proven"].items()}
    session.save()
    assert client.get("/powers/rules/").status_code == 200
    assert client.post("/powers/rules/", WANTED | {"tries": 4}).headers["Location"].startswith("/factors/again/")
    put = client.put(
        "/api/v1/powers/rules", WANTED | {"tries": 4, "one_session": False}, content_type="application/json"
    )
    assert put.status_code == 403 and "再次验证身份" in put.json()["detail"]
    assert rules.current() == Rules()


def test_the_interface_does_the_same(visitor: Callable[..., Client]) -> None:
    client = visitor("security_admin")
    assert client.get("/api/v1/powers/rules").json() == asdict(Rules())
    wanted = WANTED | {"tries": 4, "one_session": False}
    put = client.put("/api/v1/powers/rules", wanted, content_type="application/json")
    assert put.json()["tries"] == rules.current().tries == 4
    for wrong in ({"tries": 11}, {"is_active": True}):
        assert client.put("/api/v1/powers/rules", wanted | wrong, content_type="application/json").status_code == 422
