from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.access import approvals
from qingdun.access.models import Approval, Decision
from qingdun.notify.models import Message

MOVES = ("decide", "ask-supplement", "supplement", "extend", "withdraw")


def text(response: Any) -> str:
    return str(response.content.decode())


def address(approval: Approval, move: str = "") -> str:
    return approval.get_absolute_url() + (f"/{move}" if move else "")


@pytest.fixture
def decider(visitor: Callable[..., Any]) -> Any:
    """A client of somebody who may decide the tests' kind everywhere."""
    return visitor("security_officer")


def test_the_inbox_shows_what_is_mine_to_decide_and_its_clock(
    decider: Any, make_approval: Callable[..., Any], make_kind: Callable[..., Any]
) -> None:
    late, soon = make_approval(title="逾期的事"), make_approval(title="不急的事")
    Approval.objects.filter(pk=late.pk).update(due=timezone.localdate() - timedelta(days=7))
    make_approval(title="自己的事", by=decider.account)
    make_approval(title="与我有关的事", people=[decider.account.person])
    page = text(decider.get("/powers/approvals/"))
    assert page.index("逾期的事") < page.index("不急的事")
    assert "逾期 5 个工作日" in page and "mark-triangle mark-bad" in page and "还剩 3 个工作日" in page
    assert "自己的事" not in page and "与我有关的事" not in page
    assert "不急的事" not in text(decider.get("/powers/approvals/?late=1"))
    decider.post(address(soon, "decide"), {"verdict": "agree"})
    assert "不急的事" not in text(decider.get("/powers/approvals/"))
    assert "不急的事" in text(decider.get("/powers/approvals/decided"))


def test_a_decision_is_one_button(decider: Any, make_approval: Callable[..., Any]) -> None:
    approval = make_approval()
    page = text(decider.get(address(approval)))
    assert all(f'value="{verdict}"' in page for verdict in ("agree", "return", "reject"))
    response = decider.post(address(approval, "decide"), {"verdict": "agree", "decide-reason": "属实"}, follow=True)
    assert "已办结：同意" in text(response)
    assert Decision.objects.get().reason == "属实"
    assert Message.objects.filter(account=approval.requester, title__contains="已同意").count() == 1


def test_a_refusal_without_its_reason_keeps_what_was_typed(decider: Any, make_approval: Callable[..., Any]) -> None:
    approval = make_approval()
    page = text(decider.post(address(approval, "decide"), {"verdict": "reject", "decide-reason": "不合适的人"}))
    assert "不同意须选择理由" in page and "不合适的人" in page
    page = text(decider.post(address(approval, "decide"), {"verdict": "maybe"}))
    assert "请选择同意" in page
    page = text(decider.post(address(approval, "decide"), {"verdict": "reject", "decide-code": "nonsense"}))
    assert "error-summary" in page
    sent = {"verdict": "reject", "decide-reason": "不合适", "decide-code": "other"}
    decider.post(address(approval, "decide"), sent)
    assert Approval.objects.get().state == "rejected"


def test_the_way_back_and_forth(
    decider: Any, visitor: Callable[..., Any], make_kind: Callable[..., Any], make_approval: Callable[..., Any]
) -> None:
    """Supplement asked for and given, term extended, and what is not possible has no form."""
    make_kind({"extend": {"days": 4, "by": "decider"}})
    asker = visitor()
    approval = make_approval(by=asker.account)
    assert "/supplement" not in text(asker.get(address(approval)))
    decider.post(address(approval, "ask-supplement"), {"wanted-reason": "缺身份证明"})
    page = text(asker.get(address(approval)))
    assert "缺身份证明" in page and f'{address(approval, "supplement")}"' in page
    assert 'value="agree"' not in text(decider.get(address(approval)))
    asker.post(address(approval, "supplement"), {"supply-text": "已附上"})
    page = text(decider.get(address(approval)))
    assert "已附上" in page and "ask-supplement" not in page
    decider.post(address(approval, "extend"), {"extend-days": 4, "extend-reason": "会商"})
    page = text(decider.get(address(approval)))
    assert "会商" in page and "/extend" not in page
    asker.post(address(approval, "withdraw"), {})
    assert Approval.objects.get(pk=approval.pk).state == "withdrawn"
    assert "已撤回" in text(asker.get(address(approval)))


def test_a_stranger_finds_nothing_whatever_he_knows(
    visitor: Callable[..., Any], make_unit: Callable[..., Any], make_approval: Callable[..., Any]
) -> None:
    root = make_unit()
    here, there = make_unit("here", parent=root), make_unit("there", parent=root)
    approval = make_approval(unit=here, title="此地的事")
    stranger = visitor("unit_contact", unit=there)
    assert stranger.get(address(approval)).status_code == 404
    for move in MOVES:
        assert stranger.post(address(approval, move), {"verdict": "agree"}).status_code == 404
    response = stranger.post("/powers/approvals/together", {"selected": approval.pk, "verdict": "agree"})
    assert "此地的事" not in text(response) and Approval.objects.get(pk=approval.pk).state == "waiting"
    assert "此地的事" not in text(stranger.get("/search?q=此地"))
    assert "此地的事" in text(visitor("unit_contact", unit=here).get("/search?q=此地"))


def test_the_same_word_sent_again_changes_nothing(
    decider: Any, make_kind: Callable[..., Any], make_approval: Callable[..., Any]
) -> None:
    make_kind({}, {})
    approval = make_approval()
    for _ in range(2):
        response = decider.post(address(approval, "decide"), {"verdict": "agree"})
    assert "只能审核一次" in text(response)
    assert Approval.objects.get().step == 1 and Decision.objects.count() == 1


def test_many_are_decided_each_for_itself(
    decider: Any, make_approval: Callable[..., Any], make_kind: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_kind()
    rows = [make_approval(title=f"第{number}件") for number in range(3)]

    def refuse_the_second(approval: Approval) -> None:
        if approval.pk == rows[1].pk:
            raise approvals.NotPossible("已有人占用")

    monkeypatch.setitem(approvals.registry._carry, "test.kind", refuse_the_second)  # type: ignore[attr-defined]
    selected = {"selected": [row.pk for row in rows] + ["x", "9" * 30]}
    page = text(decider.post("/powers/approvals/together", selected))
    assert all(row.title in page for row in rows) and "全部同意" in page
    page = text(decider.post("/powers/approvals/together", {**selected, "verdict": "agree", "decide-reason": "一并"}))
    assert page.count("已办结：同意") == 2 and "已有人占用" in page
    assert [Approval.objects.get(pk=row.pk).state for row in rows] == ["agreed", "waiting", "agreed"]
    assert "没有选中" in text(decider.post("/powers/approvals/together", {"selected": rows[0].pk}))


def test_the_page_says_under_which_rule_and_whom_it_waits_for(decider: Any, make_approval: Callable[..., Any]) -> None:
    approval = make_approval(people=[decider.account.person])
    page = text(decider.get(address(approval)))
    assert approval.digest[:16] in page and "2026-01-01" in page and "目前无人可审" in page
    other = make_approval()
    assert f"现在等：{decider.account.person}" in text(decider.get(address(other)))


def test_the_header_and_the_workbench_count_what_waits(decider: Any, make_approval: Callable[..., Any]) -> None:
    assert 'href="/powers/approvals/">' not in text(decider.get("/")).split("<main")[0].split("top-search")[1]
    make_approval(title="等着的事")
    page = text(decider.get("/"))
    assert "等着的事" in page and '<span class="unread">1' in page


def test_a_page_of_many_costs_as_much_as_one_of_few(
    decider: Any, make_approval: Callable[..., Any], make_account: Callable[..., Any], django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    by = make_account()
    make_approval(by=by, asked={"n": 0})
    decider.get("/powers/approvals/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        decider.get("/powers/approvals/")
    for number in range(1, 12):
        make_approval(by=by, asked={"n": number})
    with django_assert_num_queries(len(few)):
        decider.get("/powers/approvals/")
    assert len(few) <= 16
