from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qingdun.access import approvals
from qingdun.access.models import Account, Approval
from qingdun.notify.models import Message


def told(account: Account) -> list[str]:
    return [message.title.split("：")[0] for message in Message.objects.filter(account=account).order_by("pk")]


def test_each_is_told_what_concerns_him_and_once(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    make_kind({}, {"may": "web.jobs", "at": "platform"})
    first, second, about = make_account("security_officer"), make_account("system_admin"), make_account()
    approval = make_approval(people=[about.person])
    approvals.ask_supplement(approval, by=first, reason="缺")
    approvals.supplement(Approval.objects.get(), by=approval.requester, text="补")
    approvals.decide(Approval.objects.get(), "agree", by=first)
    approvals.decide(Approval.objects.get(), "reject", by=second, reason="不行", code="other")
    assert told(first) == ["待您审核", "待您审核"]
    assert told(second) == ["待您审核"]
    assert told(approval.requester) == ["请补正", "不同意"]
    assert told(about) == ["不同意"]


def test_what_may_leave_the_platform_names_the_kind_only(
    make_approval: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    make_account("security_officer")
    approval = make_approval(title="张三的事", reason="内情")
    message = Message.objects.get()
    assert message.title == f"待您审核：试办 {approval.pk}" and "张三" in message.text
