"""Power over time: whatever anybody tries, in whatever order, some things are never so.

Nobody ever decides his own request; nobody holds two offices, nor one beside another role; no power outlives its term.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from qingdun.access import actions, approvals, policy, requests
from qingdun.access.actions import NotLawful
from qingdun.access.approvals import NotPossible
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Approval, Decision, Delegation, Emergency, Grant, Person
from qingdun.access.roster import roles

REFUSED = (NotLawful, NotPossible, PermissionDenied)
ROLES = sorted(roles())
WHO = st.integers(0, 8)
REAL_NOW = timezone.now


class Powers(RuleBasedStateMachine):
    """Three officers, two heads, three clerks and a second account of the first clerk; the clock only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.ahead = timedelta()
        self.clock = patch.object(timezone, "now", lambda: REAL_NOW() + self.ahead)
        self.clock.start()
        root = actions.create_unit("city", "市", "city", None, by=None)
        self.units = [root, *(actions.create_unit(code, code, "county", root, by=None) for code in ("edu", "health"))]
        roles_of = [*OFFICES, "unit_head", "unit_head", "", "unit_contact", ""]
        self.accounts = [self._account(number, role) for number, role in enumerate(roles_of)]
        self.accounts.append(self._account(8, "", self.accounts[5].person))

    def _account(self, number: int, role: str, person: Person | None = None) -> Account:
        unit = self.units[0] if role in OFFICES or number == 3 else self.units[1 + number % 2]
        person = person or Person.objects.create(name=f"人{number}", unit=unit)
        account = Account.objects.create(username=f"who{number}", person=person, password="!")
        if role:
            actions.grant(account, role, unit, self.today, self.today + timedelta(200), by=None, reason="")
        return account

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @property
    def today(self) -> date:
        return timezone.localdate()

    def who(self, number: int) -> Account:
        """As the next request would load it."""
        return Account.objects.select_related("person__unit").get(pk=self.accounts[number].pk)

    def attempt(self, act: Any) -> None:
        """Allowed or refused by a rule; anything else is a fault, and a refusal leaves nothing behind."""
        before = Grant.objects.count(), Decision.objects.count(), Delegation.objects.count()
        try:
            with transaction.atomic():
                act()
        except REFUSED:
            assert before == (Grant.objects.count(), Decision.objects.count(), Delegation.objects.count())

    @rule(by=WHO, holder=WHO, role=st.sampled_from(ROLES), unit=st.integers(0, 2), days=st.integers(1, 500))
    def ask_for_a_role(self, by: int, holder: int, role: str, unit: int, days: int) -> None:
        ends = self.today + timedelta(days)
        self.attempt(
            lambda: requests.ask_role(self.who(holder), role, self.units[unit], ends, by=self.who(by), reason="需要")
        )

    @rule(by=WHO, holder=WHO, office=st.sampled_from(OFFICES))
    def ask_for_an_office(self, by: int, holder: int, office: str) -> None:
        self.attempt(lambda: requests.ask_office(self.who(holder), office, by=self.who(by), reason="需要"))

    @rule(by=WHO, number=st.integers(0, 5))
    def ask_to_remove_an_officer(self, by: int, number: int) -> None:
        held = list(Grant.objects.filter(role__in=OFFICES).standing(self.today)[number : number + 1])
        for one in held:
            self.attempt(lambda one=one: requests.ask_removal(one, by=self.who(by), reason="需要"))

    @rule(by=WHO, power=st.sampled_from([*ROLES, "logs.search", "audit.view"]), minutes=st.integers(1, 60))
    def ask_for_an_emergency(self, by: int, power: str, minutes: int) -> None:
        self.attempt(lambda: requests.ask_emergency(power, self.units[0], minutes, by=self.who(by), reason="紧急"))

    @rule(by=WHO, number=st.integers(0, 5), verdict=st.sampled_from(["agree", "agree", "agree", "return"]))
    def decide(self, by: int, number: int, verdict: str) -> None:
        for one in Approval.objects.open().order_by("pk")[number : number + 1]:
            self.attempt(lambda one=one: approvals.decide(one, verdict, by=self.who(by), reason="看过"))

    @rule(number=st.integers(0, 5))
    def all_agree(self, number: int) -> None:
        """Everybody tries to agree: who may decides, and nobody else."""
        for one in Approval.objects.open().order_by("pk")[number : number + 1]:
            for by in range(len(self.accounts)):
                kept = Approval.objects.get(pk=one.pk)
                self.attempt(lambda by=by, kept=kept: approvals.decide(kept, "agree", by=self.who(by), reason="看过"))

    @rule(by=WHO, holder=WHO, role=st.sampled_from(ROLES))
    def grant_directly(self, by: int, holder: int, role: str) -> None:
        ends = self.today + timedelta(30)
        self.attempt(
            lambda: actions.grant(self.who(holder), role, self.units[0], self.today, ends, by=self.who(by), reason="")
        )

    @rule(by=WHO, taker=WHO, number=st.integers(-1, 2), days=st.integers(0, 120))
    def delegate(self, by: int, taker: int, number: int, days: int) -> None:
        held = list(Grant.objects.filter(account=self.accounts[by]).standing(self.today))
        given = held[number] if 0 <= number < len(held) else None
        ends = self.today + timedelta(days)
        self.attempt(lambda: actions.delegate(self.who(taker), given, self.today, ends, by=self.who(by), reason="出差"))

    @rule(by=WHO, who=WHO, unit=st.integers(0, 2))
    def change_job(self, by: int, who: int, unit: int) -> None:
        person = self.who(who).person
        self.attempt(lambda: actions.change_job(person, self.units[unit], "", by=self.who(by), reason="调动"))

    @rule(by=WHO, who=WHO)
    def leave(self, by: int, who: int) -> None:
        self.attempt(lambda: actions.leave(self.who(who).person, self.today, by=self.who(by), reason="离任"))

    @rule(by=WHO, who=WHO, on=st.booleans())
    def switch(self, by: int, who: int, on: bool) -> None:
        act = actions.enable if on else actions.disable
        self.attempt(lambda: act(self.who(who), by=self.who(by), reason="处置"))

    @rule(days=st.sampled_from([1, 20, 100]))
    def days_pass(self, days: int) -> None:
        self.ahead += timedelta(days)

    @rule(minutes=st.integers(5, 50))
    def minutes_pass(self, minutes: int) -> None:
        self.ahead += timedelta(minutes=minutes)

    @invariant()
    def nobody_decides_what_he_asked_for_or_benefits_from(self) -> None:
        for one in Decision.objects.select_related("approval"):
            people = {one.person_id, one.behalf_person_id} - {None}
            barred = {one.approval.requester_person_id, *one.approval.beneficiaries.values_list("person", flat=True)}
            assert not people & barred, one

    @invariant()
    def an_office_stands_alone_in_a_person(self) -> None:
        rows = Grant.objects.standing(self.today).filter(starts__lte=self.today)
        held: dict[int, set[str]] = {}
        for person, role in rows.values_list("account__person", "role"):
            held.setdefault(person, set()).add(role)
        for mine in held.values():
            assert not mine & set(OFFICES) or len(mine) == 1, mine
        for one in Emergency.objects.in_force(timezone.now()).select_related("account"):
            assert not held.get(one.account.person_id, set()) & set(OFFICES), one

    @invariant()
    def every_office_is_held_while_its_first_term_lasts(self) -> None:
        if self.ahead < timedelta(200):
            rows = Grant.objects.in_force(self.today).filter(role__in=OFFICES)
            assert set(rows.values_list("role", flat=True)) == set(OFFICES)

    @invariant()
    def nothing_outlives_its_term(self) -> None:
        now: datetime = timezone.now()
        for number in range(len(self.accounts)):
            account = self.who(number)
            given = set()
            for one in Grant.objects.filter(account=account).select_related("unit", "delegation__grant"):
                lent = one.delegation.grant if one.delegation else None
                for term in filter(None, (one, one.delegation, lent)):
                    if not (term.starts <= self.today <= term.ends and term.ended is None):
                        break
                else:
                    given.add((one.role, one.unit.path))
            for one in Emergency.objects.filter(account=account).select_related("unit"):
                assert one.ends - one.starts <= timedelta(minutes=240)
                if one.starts <= now < one.over and one.role:
                    given.add((one.role, one.unit.path))
            root = self.units[0].path
            held = {(role.key, root if path == policy.ROOT else path) for role, path in policy.powers(account).held}
            assert held <= given, (account, held - given)
            assert account.is_active or not held

    @invariant()
    def nothing_is_granted_longer_than_its_role_allows(self) -> None:
        for one in Grant.objects.all():
            assert (one.ends - one.starts).days <= 31 * roles()[one.role].months


@pytest.mark.django_db
def test_whatever_is_tried_some_things_are_never_so() -> None:
    run_state_machine_as_test(Powers, settings=settings(max_examples=8, stateful_step_count=20, deadline=None))
