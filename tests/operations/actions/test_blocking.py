from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from qingdun.access import approvals
from qingdun.audit.models import Entry
from qingdun.operations import actions
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.models import Block, Revision

pytestmark = pytest.mark.django_db


def test_a_person_blocks_an_address_and_it_is_audited(officer: Any, tomorrow: datetime) -> None:
    before = Revision.current()
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    assert row.state == Block.State.STANDING
    assert Block.objects.in_force(timezone.now()).get() == row
    assert Revision.current() > before
    entry = Entry.objects.latest("sequence")
    assert (entry.action, entry.subject, entry.reason) == ("operations.block", "198.51.100.7", "扫描")


def test_who_may_not_block_changes_nothing(make_account: Callable[..., Any], tomorrow: datetime) -> None:
    with pytest.raises(PermissionDenied):
        actions.block(["198.51.100.7"], by=make_account("unit_contact"), reason="扫描", until=tomorrow)
    assert not Block.objects.exists()


def test_one_bad_address_refuses_all_with_a_line_each(officer: Any, tomorrow: datetime) -> None:
    with pytest.raises(NotBlockable) as refused:
        actions.block(["198.51.100.7", "10.0.0.1", "x"], by=officer, reason="扫描", until=tomorrow)
    assert len(str(refused.value).splitlines()) == 2
    assert not Block.objects.exists()


def test_a_network_waits_for_a_second_person(officer: Any, second: Any, tomorrow: datetime) -> None:
    (row,) = actions.block(["198.51.100.0/28"], by=officer, reason="整段扫描", until=tomorrow)
    assert row.state == Block.State.WAITING
    with pytest.raises(approvals.NotPossible, match="自己提出的申请"):
        approvals.decide(row.approval, "agree", by=officer)
    approvals.decide(row.approval, "agree", by=second)
    row.refresh_from_db()
    assert row.state == Block.State.STANDING


def test_what_became_protected_meanwhile_cannot_be_agreed_to(officer: Any, second: Any, tomorrow: datetime) -> None:
    (row,) = actions.block(["198.51.100.0/28"], by=officer, reason="整段扫描", until=tomorrow)
    actions.protect("198.51.100.3", "exit", "教育局出口", by=second)
    with pytest.raises(approvals.NotPossible, match="198.51.100.3"):
        approvals.decide(row.approval, "agree", by=second)
    row.refresh_from_db()
    assert row.state == Block.State.WAITING


def test_a_request_turned_down_is_refused(officer: Any, second: Any) -> None:
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="长期", until=None)
    approvals.decide(row.approval, "reject", by=second, reason="依据不足", code="no_grounds")
    row.refresh_from_db()
    assert row.state == Block.State.REFUSED


def test_a_contained_address_needs_no_second_block(officer: Any, second: Any, tomorrow: datetime) -> None:
    (net,) = actions.block(["198.51.100.0/28"], by=officer, reason="整段扫描", until=tomorrow)
    approvals.decide(net.approval, "agree", by=second)
    with pytest.raises(NotBlockable, match="已由 198.51.100.0/28 封禁"):
        actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow - timedelta(hours=1))


def test_a_network_takes_over_what_it_contains(officer: Any, second: Any, tomorrow: datetime) -> None:
    (single,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    (net,) = actions.block(["198.51.100.0/28"], by=officer, reason="整段", until=tomorrow + timedelta(days=1))
    approvals.decide(net.approval, "agree", by=second)
    single.refresh_from_db()
    assert (single.state, single.ended_why) == (Block.State.LIFTED, "并入 198.51.100.0/28")


def test_lifting_needs_a_reason(officer: Any, tomorrow: datetime) -> None:
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    with pytest.raises(NotBlockable, match="理由"):
        actions.lift(row, by=officer, reason=" ")
    actions.lift(row, by=officer, reason="误封")
    row.refresh_from_db()
    assert (row.state, row.ended_by) == (Block.State.LIFTED, officer)
    with pytest.raises(NotBlockable, match="已解封"):
        actions.lift(row, by=officer, reason="再来一次")


def test_expiry_ends_what_is_over_and_counts_the_next_time_as_a_repeat(officer: Any, tomorrow: datetime) -> None:
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    assert actions.expire(timezone.now()) == 0
    assert actions.expire(tomorrow) == 1
    row.refresh_from_db()
    assert (row.state, row.ended) == (Block.State.EXPIRED, tomorrow)
    (again,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    assert again.offence == 2


def test_longer_than_thirty_days_stands_shorter_until_the_second_agrees(
    officer: Any, second: Any, tomorrow: datetime
) -> None:
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    longer = actions.extend(row, timezone.now() + timedelta(days=60), by=officer, reason="持续攻击")
    assert (longer.state, longer.valid_until) == (Block.State.STANDING, tomorrow)
    approvals.decide(longer.approval, "agree", by=second)
    row.refresh_from_db()
    assert row.valid_until > tomorrow + timedelta(days=50)


def test_a_proposal_stands_when_accepted_and_not_before(officer: Any, second: Any, tomorrow: datetime) -> None:
    (row,) = actions.propose(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    assert not Block.objects.in_force(timezone.now()).exists()
    actions.accept(row, by=second)
    assert Block.objects.in_force(timezone.now()).count() == 1
