from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from qingdun.access import approvals
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account, Approval, Decision
from qingdun.audit.models import Entry

TWO = ({}, {"may": "inventory.export", "days": 5})


def again(approval: Approval) -> Approval:
    return Approval.objects.get(pk=approval.pk)


@pytest.fixture
def officer(make_account: Callable[..., Any]) -> Any:
    """Holds inventory.edit and inventory.export at the root."""
    return make_account("security_officer")


def test_the_last_agreeing_decision_carries_it_out(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], make_account: Callable[..., Any], officer: Account
) -> None:
    done, second = make_kind(*TWO), make_account("security_officer")
    approval = make_approval()
    approvals.decide(approval, "agree", by=officer, reason="属实")
    assert done == [] and again(approval).step == 1
    approvals.decide(again(approval), "agree", by=second)
    assert done == [approval] and again(approval).state == "agreed"
    assert [entry.action for entry in Entry.objects.order_by("-sequence")[:3]] == [
        "access.decide",
        "access.decide",
        "access.ask",
    ]


def test_nobody_decides_what_he_asked_for_whatever_the_account(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], officer: Account
) -> None:
    approval = make_approval(by=officer)
    other = make_account("security_officer", person=officer.person)
    for account in (officer, other):
        with pytest.raises(NotPossible, match="自己提出"):
            approvals.decide(approval, "agree", by=account)
    assert not Decision.objects.exists()


def test_nobody_decides_what_is_for_him(make_approval: Callable[..., Any], officer: Account) -> None:
    approval = make_approval(people=[officer.person])
    with pytest.raises(NotPossible, match="与本人有关"):
        approvals.decide(approval, "agree", by=officer)


def test_one_natural_person_decides_once(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], make_account: Callable[..., Any], officer: Account
) -> None:
    make_kind(*TWO)
    approval = make_approval()
    approvals.decide(approval, "agree", by=officer)
    for account in (officer, make_account("security_officer", person=officer.person)):
        with pytest.raises(NotPossible, match="只能审核一次"):
            approvals.decide(again(approval), "agree", by=account)
    assert again(approval).step == 1


def test_a_step_of_another_unit_is_nobody_elses(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    root = make_unit()
    here, there = make_unit("here", parent=root), make_unit("there", parent=root)
    approval = make_approval(by=make_account(unit=here))
    with pytest.raises(PermissionDenied):
        approvals.decide(approval, "agree", by=make_account("security_officer", unit=there))
    approvals.decide(approval, "agree", by=make_account("security_officer", unit=here))


@pytest.mark.parametrize("verdict", ["return", "reject"])
def test_saying_no_needs_words(make_approval: Callable[..., Any], officer: Account, verdict: str) -> None:
    approval = make_approval()
    with pytest.raises(NotPossible, match="理由"):
        approvals.decide(approval, verdict, by=officer, reason="  ", code="other" if verdict == "reject" else "")
    if verdict == "reject":
        with pytest.raises(NotPossible, match="选择理由"):
            approvals.decide(approval, verdict, by=officer, reason="不行", code="nonsense")
    approvals.decide(approval, verdict, by=officer, reason="不行", code="other" if verdict == "reject" else "")
    assert again(approval).state == {"return": "returned", "reject": "rejected"}[verdict]


def test_a_returned_request_is_asked_for_anew(make_approval: Callable[..., Any], officer: Account) -> None:
    approval = make_approval()
    approvals.decide(approval, "return", by=officer, reason="请写清期限")
    changed = make_approval(by=approval.requester, asked={"what": "别的"}, earlier=again(approval))
    assert changed.earlier == approval
    approvals.decide(changed, "agree", by=officer)
    with pytest.raises(NotPossible, match="自己被退回"):
        make_approval(earlier=again(approval))


def test_the_supplement_is_asked_for_once_and_stops_the_clock(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], officer: Account
) -> None:
    approval = make_approval()
    due = approval.due
    approvals.ask_supplement(approval, by=officer, reason="缺身份证明")
    with pytest.raises(NotPossible, match="补正"):
        approvals.decide(again(approval), "agree", by=officer)
    with pytest.raises(PermissionDenied):
        approvals.supplement(approval, by=make_account(), text="附上")
    approvals.supplement(again(approval), by=approval.requester, text="附上")
    assert again(approval).due == due
    with pytest.raises(NotPossible, match="一次"):
        approvals.ask_supplement(again(approval), by=officer, reason="还缺")
    approvals.decide(again(approval), "agree", by=officer)


def test_what_its_requester_forgets_ends_by_itself(make_approval: Callable[..., Any], officer: Account) -> None:
    approval = make_approval()
    approvals.ask_supplement(approval, by=officer, reason="缺")
    with pytest.raises(NotPossible):
        approvals.expire(again(approval))
    Approval.objects.filter(pk=approval.pk).update(due=timezone.localdate() - timedelta(days=1))
    assert approvals.expire(again(approval)).state == "expired"


def test_withdrawing_is_the_requesters_and_only_while_undecided(
    make_approval: Callable[..., Any], officer: Account
) -> None:
    approval, decided = make_approval(), make_approval()
    with pytest.raises(PermissionDenied):
        approvals.withdraw(approval, by=officer)
    approvals.withdraw(approval, by=approval.requester)
    with pytest.raises(NotPossible, match="进展"):
        approvals.decide(approval, "agree", by=officer)
    approvals.decide(decided, "agree", by=officer)
    with pytest.raises(NotPossible, match="办结"):
        approvals.withdraw(decided, by=decided.requester)


def test_a_term_is_extended_once_and_not_too_long(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], officer: Account
) -> None:
    make_kind({"extend": {"days": 5, "by": "decider"}})
    approval = make_approval()
    with pytest.raises(NotPossible, match="超出"):
        approvals.extend(approval, 6, by=officer, reason="忙")
    assert approvals.extend(approval, 5, by=officer, reason="会商").due > approval.due
    with pytest.raises(NotPossible, match="延期过一次"):
        approvals.extend(again(approval), 1, by=officer, reason="忙")


def test_what_cannot_be_carried_out_is_not_decided(
    make_approval: Callable[..., Any], officer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = make_approval()

    def refuse(_approval: Approval) -> None:
        raise NotPossible("已经有人占了")

    monkeypatch.setitem(approvals.registry._carry, "test.kind", refuse)  # type: ignore[attr-defined]
    with pytest.raises(NotPossible, match="占了"):
        approvals.decide(approval, "agree", by=officer)
    assert again(approval).state == "waiting" and not Decision.objects.exists()


def test_the_same_request_twice_is_one(make_approval: Callable[..., Any]) -> None:
    approval = make_approval()
    with pytest.raises(NotPossible, match="不必重复"):
        make_approval(by=approval.requester)
    make_approval(by=approval.requester, asked={"what": "另一样"})


def test_an_approval_keeps_the_rule_it_started_under(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], officer: Account
) -> None:
    make_kind()
    approval = make_approval()
    make_kind({"may": "access.grant", "at": "platform"}, {"may": "access.create", "at": "platform"})
    done = make_kind({"may": "access.grant", "at": "platform"})
    approvals.decide(again(approval), "agree", by=officer)
    assert done == [approval]
    assert make_approval(by=officer).digest != approval.digest
