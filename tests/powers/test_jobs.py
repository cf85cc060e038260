from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.access import approvals
from qingdun.access.models import Account, Approval, Grant
from qingdun.notify.models import Message
from qingdun.powers import jobs

NEAREST = {"at": "nearest", "otherwise": {"may": "logs.search", "at": "platform"}}


def quiet(done: int, total: int = 0, message: object = "") -> None:
    """A progress nobody looks at."""


@pytest.fixture
def working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "is_workday", lambda day: True)


def test_what_was_not_supplemented_ends(make_approval: Callable[..., Any], make_account: Callable[..., Any]) -> None:
    approval, kept = make_approval(asked={"n": 1}), make_approval(asked={"n": 2})
    for one in (approval, kept):
        approvals.ask_supplement(one, by=make_account("security_officer"), reason="缺")
    Approval.objects.filter(pk=approval.pk).update(due=timezone.localdate() - timedelta(days=1))
    jobs.clock(quiet)
    assert [Approval.objects.get(pk=one.pk).state for one in (approval, kept)] == ["expired", "supplement"]
    assert Message.objects.filter(account=approval.requester, title__contains="已失效").count() == 1


def test_an_empty_desk_is_left_and_a_right_one_found_again(
    make_kind: Callable[..., Any],
    make_unit: Callable[..., Any],
    make_account: Callable[..., Any],
    make_approval: Callable[..., Any],
    make_grant: Callable[..., Any],
) -> None:
    """Nobody at the first desk: the second. Nobody there either: it waits. Somebody comes: it moves to him."""
    make_kind(NEAREST)
    unit = make_unit("edu", parent=make_unit())
    approval = make_approval(by=make_account(unit=unit))

    def seen() -> Approval:
        jobs.clock(quiet)
        return Approval.objects.get(pk=approval.pk)

    assert (approval.state, approval.permission) == ("waiting", "logs.search")
    assert approval.events.filter(what="stuck").exists()
    engineer = make_account("security_officer", unit=make_unit())
    assert seen().permission == "inventory.edit" and seen().desk == make_unit()
    Grant.objects.filter(account=engineer).update(ends=date.today() - timedelta(days=1), starts=date(2020, 1, 1))
    head = make_account()
    make_grant(head, "unit_contact", unit=unit)
    assert seen().desk == unit
    assert Message.objects.filter(account=head, title__contains="待您审核").exists()


def test_deciders_are_reminded_once_with_everything_that_is_due(
    working_day: None, make_approval: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    decider: Account = make_account("security_officer")
    late, soon, far = (make_approval(asked={"n": number}) for number in range(3))
    Approval.objects.filter(pk=late.pk).update(due=timezone.localdate() - timedelta(days=9))
    Approval.objects.filter(pk=soon.pk).update(due=timezone.localdate())
    Approval.objects.filter(pk=far.pk).update(due=timezone.localdate() + timedelta(days=60))
    jobs.remind(quiet)
    told = Message.objects.get(account=decider, kind="powers.reminder")
    assert told.title == "等您审核的申请中，1 件已逾期，1 件快到期" and told.link == "/powers/approvals/"


def test_nobody_is_reminded_on_a_holiday(
    monkeypatch: pytest.MonkeyPatch, make_approval: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    monkeypatch.setattr(jobs, "is_workday", lambda day: False)
    make_account("security_officer")
    Approval.objects.filter(pk=make_approval().pk).update(due=timezone.localdate() - timedelta(days=9))
    jobs.remind(quiet)
    assert not Message.objects.filter(kind="powers.reminder").exists()


def test_what_nobody_can_decide_is_told_to_who_makes_accounts(
    working_day: None,
    make_kind: Callable[..., Any],
    make_account: Callable[..., Any],
    make_approval: Callable[..., Any],
) -> None:
    make_kind(NEAREST)
    keeper, other = make_account("system_admin"), make_account("security_admin")
    make_approval(by=make_account())
    jobs.remind(quiet)
    told = Message.objects.filter(kind="powers.stuck")
    assert [one.account for one in told] == [keeper] and other not in {one.account for one in told}
