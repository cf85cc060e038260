from __future__ import annotations

from typing import Any

import pytest

from qingdun.web import menu
from qingdun.web.menu import Tab


def titles(user: Any, path: str = "/") -> list[str]:
    return [entry.section.key for entry in menu.entries(user, path)]


def test_a_reader_sees_only_sections_with_something_to_open(make_account: Any) -> None:
    assert titles(make_account("audit_admin")) == ["workbench", "system"]
    assert "assets" in titles(make_account("bureau_leader"))
    assert titles(make_account()) == ["workbench"]


def test_the_tab_of_the_longest_beginning_is_current(make_account: Any) -> None:
    user = make_account("system_admin")
    current = {
        path: menu.current_tab(menu.tabs(), path) for path in ("/", "/system/jobs/", "/system/jobs/x/run", "/no")
    }
    assert [tab and tab.url_name for tab in current.values()] == ["web:workbench", "web:jobs", "web:jobs", None]
    assert next(entry for entry in menu.entries(user, "/system/jobs/") if entry.current).section.key == "system"


def test_every_tab_leads_somewhere_and_asks_for_a_permission_that_exists() -> None:
    from qingdun.access.permissions import all_permissions

    for tab in menu.tabs():
        assert tab.url.startswith("/")
        assert tab.permission is None or tab.permission in all_permissions(), tab


def test_a_tab_of_no_section_is_refused() -> None:
    with pytest.raises(LookupError):
        menu.register(Tab("nowhere", "x", "web:workbench", None))
