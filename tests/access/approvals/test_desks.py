from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from qingdun.access import approvals
from qingdun.access.approvals import desks
from qingdun.access.core.flow import At
from qingdun.access.models import Account, Approval, Unit

OFFICERS = {"may": "access.appoint", "at": "officers", "deciders": 2}


@pytest.fixture
def tree(make_unit: Callable[..., Any]) -> dict[str, Unit]:
    """The city with two bureaus and a county, which has a bureau of its own."""
    city = make_unit()
    county = make_unit("county", parent=city, level="county")
    bureaus = {code: make_unit(code, parent=city) for code in ("edu", "health")}
    return {"city": city, "county": county, **bureaus, "jx-edu": make_unit("jx-edu", parent=county, level="county")}


def waits_for(approval: Approval, *accounts: Account) -> list[bool]:
    return [Approval.objects.waiting_for(account).filter(pk=approval.pk).exists() for account in accounts]


def test_the_deciders_level_is_that_of_what_is_asked_for(
    tree: dict[str, Unit], make_kind: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    """县区的由县区批，市级的由市级批: the city does not decide the county's own affairs, nor the other way."""
    make_kind({"at": "level"})
    city = make_account("security_officer", unit=tree["city"])
    county = make_account("unit_contact", unit=tree["county"])
    own = make_account("unit_contact", unit=tree["jx-edu"])
    beside = make_account("unit_contact", unit=tree["health"])
    asker = make_account(unit=tree["city"])
    of_county = approvals.ask("test.kind", by=asker, unit=tree["jx-edu"], reason="r", asked={"n": 1})
    of_city = approvals.ask("test.kind", by=asker, unit=tree["edu"], reason="r", asked={"n": 2})
    assert waits_for(of_county, city, county, own, beside) == [False, True, True, False]
    assert waits_for(of_city, city, county, own, beside) == [True, False, False, False]


def test_the_nearest_holder_up_the_tree_decides_and_nobody_else(
    tree: dict[str, Unit], make_kind: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    make_kind({"at": "nearest"})
    county = make_account("unit_contact", unit=tree["county"])
    city = make_account("security_officer", unit=tree["city"])
    asker = make_account(unit=tree["jx-edu"])
    approval = approvals.ask("test.kind", by=asker, unit=tree["jx-edu"], reason="r", asked={})
    assert (approval.desk, waits_for(approval, county, city)) == (tree["county"], [True, False])
    head = make_account("unit_contact", unit=tree["jx-edu"])
    own = approvals.ask("test.kind", by=head, unit=tree["jx-edu"], reason="r", asked={})
    assert own.desk == tree["county"], "the head's own request goes to the next one up"


def test_two_other_officers_sign_each_of_another_office(
    make_kind: Callable[..., Any], make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    done = make_kind(OFFICERS)
    system, other_system = make_account("system_admin"), make_account("system_admin")
    security, audit = make_account("security_admin"), make_account("audit_admin")
    someone = make_account()
    approval = approvals.ask(
        "test.kind",
        by=other_system,
        unit=make_unit(),
        reason="r",
        asked={"role": "security_admin"},
        people=[someone.person],
    )
    assert waits_for(approval, system, other_system, security, audit, someone) == [True, False, False, True, False]
    approvals.decide(approval, "agree", by=system)
    again = Approval.objects.get()
    assert (done, waits_for(again, system, make_account("system_admin"), audit)) == ([], [False, False, True])
    approvals.decide(again, "agree", by=audit)
    assert done == [again]


def test_an_empty_desk_is_passed_on_and_never_agrees_by_itself(
    tree: dict[str, Unit], make_kind: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    done = make_kind({"at": "nearest", "otherwise": {"may": "logs.search", "at": "platform"}})
    searcher = make_account("operations_engineer", unit=tree["city"])
    asker = make_account("unit_contact", unit=tree["edu"])
    approval = approvals.ask("test.kind", by=asker, unit=tree["edu"], reason="r", asked={})
    # The engineer may edit at the root, so the nearest holder is himself; without him nobody could.
    assert waits_for(approval, searcher, asker) == [True, False]
    make_kind({"may": "access.endorse", "at": "nearest", "otherwise": {"may": "access.create", "at": "platform"}})
    system = make_account("system_admin", unit=tree["city"])
    passed = approvals.ask("test.kind", by=asker, unit=tree["edu"], reason="r", asked={"n": 2})
    assert (passed.permission, waits_for(passed, system, searcher)) == ("access.create", [True, False])
    assert passed.events.filter(what="fallback").exists()
    stuck = approvals.ask("test.kind", by=system, unit=tree["edu"], reason="r", asked={"n": 3})
    assert (stuck.state, approvals.candidates(stuck), done) == ("waiting", [], [])
    assert stuck.events.filter(what="stuck").exists()


def test_a_grant_that_ended_or_an_account_that_is_closed_decides_nothing(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], make_grant: Callable[..., Any]
) -> None:
    ended, closed = make_account(), make_account("security_officer")
    yesterday = timezone.localdate() - timedelta(days=1)
    make_grant(ended, "security_officer", starts=yesterday - timedelta(days=90), ends=yesterday)
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    approval = make_approval()
    assert waits_for(approval, Account.objects.get(pk=ended.pk), Account.objects.get(pk=closed.pk)) == [False, False]
    assert approvals.candidates(approval) == []


def test_a_higher_one_extends_where_the_rule_says_so(
    tree: dict[str, Unit], make_kind: Callable[..., Any], make_account: Callable[..., Any]
) -> None:
    make_kind({"at": "nearest", "extend": {"days": 5, "by": "above"}})
    head = make_account("unit_contact", unit=tree["edu"])
    city = make_account("security_officer", unit=tree["city"])
    approval = approvals.ask("test.kind", by=make_account(), unit=tree["edu"], reason="r", asked={})
    with pytest.raises(PermissionDenied):
        approvals.extend(approval, 5, by=head, reason="忙")
    assert approvals.extend(approval, 5, by=city, reason="会商").extended


@pytest.mark.parametrize("at", [At.UNIT, At.LEVEL, At.NEAREST, At.PLATFORM])
@pytest.mark.parametrize("where", ["city", "county", "edu", "jx-edu"])
def test_the_list_and_the_question_agree(
    tree: dict[str, Unit], make_kind: Callable[..., Any], make_account: Callable[..., Any], at: At, where: str
) -> None:
    """`waiting_for` is a filter over all approvals, `Place.holds` a question about one: they are the same rule."""
    make_kind({"at": at.value})
    accounts = [make_account("unit_contact", unit=unit) for unit in tree.values()]
    accounts += [make_account(role, unit=tree["city"]) for role in ("security_officer", "system_admin", "")]
    approval = approvals.ask("test.kind", by=make_account(), unit=tree[where], reason="r", asked={})
    place = desks.place_of(approval)
    held = [place.holds(Account.objects.get(pk=one.pk)) for one in accounts]
    assert waits_for(approval, *accounts) == held and any(held)


@pytest.fixture
def lend() -> Callable[..., Any]:
    """`lend(giver, taker)`: everything that waits for the one may be decided by the other, this week."""
    from qingdun.access.models import Delegation

    today = timezone.localdate()
    return lambda giver, taker: Delegation.objects.create(
        giver=giver, taker=taker, starts=today, ends=today + timedelta(days=7), reason="出差"
    )


def test_a_delegate_decides_in_the_others_name_and_no_more_than_he(
    make_kind: Callable[..., Any],
    make_approval: Callable[..., Any],
    make_account: Callable[..., Any],
    lend: Callable[..., Any],
) -> None:
    make_kind({}, {})
    head, deputy, nobody = make_account("security_officer"), make_account(), make_account()
    lend(head, deputy)
    lend(deputy, nobody)  # what was delegated is not passed on
    approval = make_approval()
    assert waits_for(approval, head, deputy, nobody) == [True, True, False]
    assert deputy in approvals.deciders(approval)
    approvals.decide(approval, "agree", by=deputy)
    said = approval.decisions.get()
    assert (said.person, said.behalf_person, said.role) == (deputy.person, head.person, "security_officer")
    again = Approval.objects.get()
    for account in (head, deputy):
        with pytest.raises(approvals.NotPossible, match="只能审核一次"):
            approvals.decide(again, "agree", by=account)


def test_nobody_is_lent_what_he_or_the_lender_may_not_decide(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], lend: Callable[..., Any]
) -> None:
    head, deputy = make_account("security_officer"), make_account()
    lend(head, deputy)
    his, heads = make_approval(by=deputy), make_approval(by=head)
    about = make_approval(people=[head.person], asked={"n": 3})
    assert [waits_for(one, deputy) for one in (his, heads, about)] == [[False]] * 3
    assert waits_for(his, head) == [True]
