"""External identities and the request for a lost factor, as people use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from qingdun.access import approvals, doors
from qingdun.access.models import Approval, Identity
from tests.visitors import give_app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "access" / "doors"
    folder.mkdir(parents=True)
    document = {"name": "市统一认证", "english": "SSO", "kind": "cas", "server": "https://sso.example.cn/cas"}
    (folder / "city.yaml").write_text(json.dumps(document), "utf-8")
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    doors.doors.cache_clear()
    yield
    monkeypatch.undo()
    doors.doors.cache_clear()


def test_the_system_administrator_ties_and_unties(
    visitor: Callable[..., Client], make_account: Callable[..., Any]
) -> None:
    make_account(username="qianer")
    client = visitor("system_admin")
    sent = {"account": "qianer", "door": "city", "external_id": " 7001 ", "reason": "入职"}
    page = client.post("/powers/identities/new", sent, follow=True).content.decode()
    assert "7001" in page and "市统一认证" in page
    again = client.post("/powers/identities/new", sent)
    assert again.status_code == 200 and "已经登记" in again.content.decode()
    pk = Identity.objects.get().pk
    assert visitor("security_admin").post(f"/powers/identities/{pk}/end", {"reason": "离职"}).status_code == 403
    client.post(f"/powers/identities/{pk}/end", {"reason": "离职"})
    assert not Identity.objects.exists()


def test_a_lost_factor_is_cleared_by_two_officers_and_no_one_less(
    visitor: Callable[..., Client], make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    root = make_unit()
    lost = make_account("audit_admin", username="shenji", unit=root)
    give_app(lost)
    first, second = make_account("system_admin", unit=root), make_account("security_admin", unit=root)
    colleague = visitor("")
    answer = colleague.post("/powers/mine/ask-factor-reset", {"account": "shenji", "reason": "手机摔坏，已当面核对"})
    assert answer.status_code == 302
    one = Approval.objects.get(kind="access.factor_reset")
    with pytest.raises(Exception, match="不能审核与本人有关的申请"):
        approvals.decide(one, "agree", by=lost, reason="")
    approvals.decide(one, "agree", by=first, reason="见过本人")
    assert Authenticator.objects.filter(user=lost).exists(), "one is not enough"
    approvals.decide(one, "agree", by=second, reason="见过本人")
    assert not Authenticator.objects.filter(user=lost).exists()


def test_what_has_no_factor_needs_no_reset(visitor: Callable[..., Client], make_account: Callable[..., Any]) -> None:
    make_account(username="qianer")
    page = (
        visitor("").post("/powers/mine/ask-factor-reset", {"account": "qianer", "reason": "丢了手机"}).content.decode()
    )
    assert "没有第二验证方式" in page
