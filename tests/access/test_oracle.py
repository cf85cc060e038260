"""`policy` against an independent oracle: the same rows told to Cedar as policies, 10,000 random questions to both.

Cedar (cedarpolicy.com) is a policy language with an engine of its own: permits and forbids, forbids win, hierarchies of
actions and resources. What is asked of it here shares no line with `access.policy`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import cedarpy
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qingdun.access import policy
from qingdun.access.models import Account, Delegation, Emergency, Grant, Person, Refusal, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

pytestmark = pytest.mark.django_db

WORLDS, DAYS, QUESTIONS = 4, 5, 500  # 4 × 5 × 500 decisions
NOON = datetime(2026, 6, 15, 4, tzinfo=UTC)  # noon in the bureau
KEYS = sorted(all_permissions())
BUSINESS = [key for key, role in roles().items() if not role.officer]


class World:
    """Units, accounts and rows about them, put into the database without a single action."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.units = self._units()
        self.accounts = [self._account(number) for number in range(8)]
        self.grants = [self._grant(account) for account in self.accounts for _ in range(self.dice.randint(1, 4))]
        self.likely = {one.pk: self._likely(one) for one in self.accounts}
        self._lend()
        for account in self.accounts:
            for _ in range(self.dice.randint(0, 3)):
                self._refuse(account)
            if self.dice.random() < 0.4:
                self._emergency(account)

    def _likely(self, account: Account) -> list[str]:
        """What its grants name: most questions are about that, or nearly all answers would be no."""
        held = [roles()[one.role].may for one in self.grants if one.account_id == account.pk]
        return sorted(frozenset().union(*held)) or KEYS

    def _units(self) -> list[Unit]:
        root = Unit.objects.create(code="c", name="市", level="city", path="/c/")
        made = [root]
        for number in range(11):
            parent = self.dice.choice(made)
            code = f"u{number}"
            path = f"{parent.path}{code}/"
            made.append(Unit.objects.create(code=code, name=code, level="city", parent=parent, path=path))
        return made

    def _account(self, number: int) -> Account:
        person = Person.objects.create(name=f"人{number}", unit=self.dice.choice(self.units))
        active = self.dice.random() < 0.85
        return Account.objects.create(username=f"a{number}aa", person=person, is_active=active, password="!")

    def _term(self) -> tuple[date, date]:
        start = date(2026, 6, 15) + timedelta(self.dice.randint(-20, 4))
        return start, start + timedelta(self.dice.randint(3, 40))

    def _ended(self) -> datetime | None:
        return NOON if self.dice.random() < 0.2 else None

    def _grant(self, account: Account) -> Grant:
        starts, ends = self._term()
        values = {"unit": self.dice.choice(self.units[:6]), "starts": starts, "ends": ends, "ended": self._ended()}
        role = self.dice.choice(BUSINESS)
        Grant.objects.filter(account=account, role=role, unit=values["unit"], starts=starts).delete()
        return Grant.objects.create(account=account, role=role, **values)

    def _lend(self) -> None:
        for held in self.dice.sample(self.grants, min(4, len(self.grants))):
            taker = self.dice.choice([one for one in self.accounts if one != held.account])
            starts, ends = self._term()
            if not Grant.objects.filter(pk=held.pk).exists():
                continue
            lent = Delegation.objects.create(
                giver=held.account, taker=taker, grant=held, starts=starts, ends=ends, reason="x", ended=self._ended()
            )
            same = {"account": taker, "role": held.role, "unit": held.unit, "starts": starts}
            if not Grant.objects.filter(**same).exists():
                Grant.objects.create(**same, ends=ends, delegation=lent)

    def _refuse(self, account: Account) -> None:
        starts, ends = self._term()
        Refusal.objects.create(
            account=account,
            permission=self.dice.choice(self.likely[account.pk] if self.dice.random() < 0.8 else KEYS),
            unit=self.dice.choice(self.units),
            starts=starts,
            ends=self.dice.choice([None, ends]),
            ended=self._ended(),
            reason="x",
        )

    def _emergency(self, account: Account) -> None:
        starts = NOON + timedelta(days=self.dice.randint(-10, 10), minutes=self.dice.randint(-40, 5))
        role = self.dice.choice(["", *BUSINESS])
        Emergency.objects.create(
            number=f"E{account.pk}",
            account=account,
            role=role,
            permission="" if role else self.dice.choice(KEYS),
            unit=self.dice.choice(self.units),
            starts=starts,
            ends=starts + timedelta(minutes=30),
            stopped=starts + timedelta(minutes=10) if self.dice.random() < 0.3 else None,
        )


def day(value: date | None) -> int:
    return value.toordinal() if value else date.max.toordinal()


def second(value: datetime | None) -> int:
    return int(value.timestamp()) if value else 2**40


def policies() -> str:
    """Every row as one Cedar policy. Terms are asked of the context, so that one set serves every day."""
    lines = []
    for one in Grant.objects.all():
        term = f"context.day >= {day(one.starts)} && context.day <= {day(one.ends)} && principal.active"
        if one.delegation_id:
            lent = one.delegation
            alive = lent.ended is None and (lent.grant is None or lent.grant.ended is None)
            term += f' && {str(alive).lower()} && Account::"{lent.giver_id}".active'
        if one.ended is None:
            lines.append(_says("permit", one, f'in Action::"{one.role}"', term))
    for one in Refusal.objects.filter(ended=None):
        term = f"context.day >= {day(one.starts)} && context.day <= {day(one.ends)}"
        lines.append(_says("forbid", one, f'== Action::"{one.permission}"', term))
    for one in Emergency.objects.all():
        until = min(second(one.ends), second(one.stopped))
        term = f"context.now >= {second(one.starts)} && context.now < {until} && principal.active"
        action = f'in Action::"{one.role}"' if one.role else f'== Action::"{one.permission}"'
        lines.append(_says("permit", one, action, term))
    return "\n".join(lines)


def _says(effect: str, row: Any, action: str, term: str) -> str:
    who, where = f'principal == Account::"{row.account_id}"', f'resource in Unit::"{row.unit_id}"'
    return f"{effect}({who}, action {action}, {where}) when {{ {term} }};"


def entities(world: World) -> list[dict[str, Any]]:
    def entity(kind: str, key: object, parents: list[tuple[str, object]], **attrs: object) -> dict[str, Any]:
        above = [{"type": type_, "id": str(id_)} for type_, id_ in parents]
        return {"uid": {"type": kind, "id": str(key)}, "attrs": attrs, "parents": above}

    found = [entity("Account", one.pk, [], active=one.is_active) for one in world.accounts]
    found += [entity("Unit", one.pk, [("Unit", one.parent_id)] if one.parent_id else []) for one in world.units]
    found += [entity("Thing", "platform", [("Unit", world.units[0].pk)])]
    found += [
        entity("Action", key, [("Action", name) for name, role in roles().items() if key in role.may]) for key in KEYS
    ]
    return found


@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_backend_and_cedar_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(seed)
    told, known, allowed = policies(), entities(world), 0
    for number in range(DAYS):
        now = NOON + timedelta(days=world.dice.randint(-6, 12), minutes=number)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        accounts = {one.pk: one for one in Account.objects.all()}
        today, questions, ours = timezone.localdate(), [], []
        for _ in range(QUESTIONS):
            pk = world.dice.choice(sorted(accounts))
            key = world.dice.choice(world.likely[pk] if world.dice.random() < 0.7 else KEYS)
            unit = world.dice.choice([None, *world.units])
            where = f'Unit::"{unit.pk}"' if unit else 'Thing::"platform"'
            questions.append(
                {
                    "principal": f'Account::"{pk}"',
                    "action": f'Action::"{key}"',
                    "resource": where,
                    "context": {"day": today.toordinal(), "now": int(now.timestamp())},
                }
            )
            ours.append(policy.may(accounts[pk], key, unit if unit else object()))
        theirs = cedarpy.is_authorized_batch(questions, told, known)
        assert not any(one.diagnostics.errors for one in theirs)
        wrong = [
            (question, mine)
            for question, mine, other in zip(questions, ours, theirs, strict=True)
            if mine is not (other.decision == cedarpy.Decision.Allow)
        ]
        assert wrong == []
        allowed += sum(ours)
        _the_filter_says_the_same(world, accounts)
    assert allowed > 100, "a world in which nothing is allowed proves nothing"


def _the_filter_says_the_same(world: World, accounts: dict[int, Account]) -> None:
    """`Scope.q` in SQL picks the units of which `may` says yes; all of it is one query for the powers."""
    for account in list(accounts.values())[:2]:
        policy.forget(account)
        with CaptureQueriesContext(connection) as queries:
            scopes = [policy.scope(account, key) for key in KEYS]
        assert len(queries) <= 1
        for scope in scopes:
            picked = set(Unit.objects.filter(scope.q("path")).values_list("pk", flat=True)) if scope else set()
            assert picked == {one.pk for one in world.units if scope.covers(one.path)}
