from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from django.utils.html import format_html

from qingdun.access.models import Account
from qingdun.web import panels


@pytest.fixture
def slot(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(panels, "_panels", {})
    return "test.slot"


def shown(account: Account, slot: str, subject: Any = None) -> str:
    request = RequestFactory().get("/")
    request.user = account
    return panels.show(request, slot, subject)


def test_panels_stand_in_order_and_text_is_escaped(slot: str, make_account: Any) -> None:
    panels.register(slot, 2, None, lambda *_: "<b>")
    panels.register(slot, 1, None, lambda *_: format_html("<i>{}</i>", "&"))
    panels.register(slot, 3, None, lambda *_: "")
    assert shown(make_account(), slot) == "<i>&amp;</i>\n&lt;b&gt;"


def test_a_panel_is_shown_only_where_its_permission_reaches(slot: str, make_account: Any, make_unit: Any) -> None:
    mine, other = make_unit("mine", parent=make_unit()), make_unit("other", parent=make_unit())
    panels.register(slot, 1, "inventory.view", lambda _request, unit: format_html("{}", unit.code))
    contact = make_account("unit_contact", unit=mine)
    assert shown(contact, slot, mine) == "mine"
    assert shown(contact, slot, other) == ""
    assert shown(make_account("security_admin"), slot, mine) == ""


def test_a_failing_panel_leaves_the_others_standing_and_is_logged(
    slot: str, make_account: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> str:
        raise ZeroDivisionError

    panels.register(slot, 1, None, broken)
    panels.register(slot, 2, None, lambda *_: "sound")
    page = shown(make_account(), slot)
    assert "暂时取不出来" in page and "sound" in page
    assert "ZeroDivisionError" in caplog.text
