from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qingdun.operations.models import Protected


def test_built_in_ranges_are_shown_with_where_they_come_from(
    visitor: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGDUN_NETWORKS", "203.0.113.64/26")
    page = visitor("bureau_leader").get("/operations/protected/").content.decode()
    assert "203.0.113.64/26" in page and "QINGDUN_NETWORKS" in page
    assert "127.0.0.0/8" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1", "不能封禁"),
        ("203.0.113.9", "可以封禁"),
        ("203.0.113.0/28", "须第二人审批"),
        ("203.0.0.0/16", "太宽"),
        ("example.com", "不是 IP 地址或网段"),
    ],
)
def test_anybody_who_sees_the_list_may_ask(visitor: Callable[..., Any], address: str, said: str) -> None:
    reader = visitor("bureau_leader")
    assert said in reader.get(f"/operations/protected/ask?address={address}").content.decode()


def test_an_entry_is_made_and_taken_away_with_a_reason(visitor: Callable[..., Any]) -> None:
    manager = visitor("security_officer")
    given = {"address": "198.51.100.0/28", "kind": "exit", "reason": "政务外网出口"}
    assert manager.post("/operations/protected/new", given).status_code == 302
    one = Protected.objects.get()
    assert "已在保护名单中" in manager.post("/operations/protected/new", given).content.decode()
    assert manager.post(f"/operations/protected/{one.pk}/remove", {"reason": ""}).status_code == 200
    assert manager.post(f"/operations/protected/{one.pk}/remove", {"reason": "出口已换"}).status_code == 302
    assert not Protected.objects.exists()
