"""The city in which the matrix is asked: two units beside each other, and accounts that hold one role each."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, timedelta
from functools import cache
from typing import Any

from qingdun.access import actions
from qingdun.access.models import Account, Person, Unit
from qingdun.access.roster import roles
from tests.matrix.rows import KEYED, PUBLIC, SIGNED_IN, Row
from tests.visitors import enter

MARK = "独角麒麟"
PASSWORD = "correct-Horse-9-battery"
TERM = timedelta(days=182)


class Scene:
    """`here` and `elsewhere` are the two units; `me` is whom a personal thing belongs to. `mark` goes into names.

    `keep` holds what must be undone after a row besides the records (files).
    """

    mark = MARK
    password = PASSWORD

    def __init__(self) -> None:
        self.root = Unit.objects.filter(parent=None).first() or actions.create_unit(
            "city", "云河市", "city", None, by=None
        )
        self.here = actions.create_unit("here", "此地单位", "city", self.root, by=None)
        self.elsewhere = actions.create_unit("elsewhere", "别处单位", "city", self.root, by=None)
        self.keep = ExitStack()
        self.holding = cache(self._holding)
        self.me = self.account("", self.here)

    def person(self, unit: Unit, name: str = "某人") -> Person:
        return Person.objects.create(name=name, unit=unit)

    def account(self, role: str, unit: Unit, person: Person | None = None) -> Account:
        """A fresh account of a fresh person, holding the role over the unit when one is named."""
        number = Account.objects.count()
        person = person or self.person(unit, f"人员{number}")
        made = actions.create_account(f"visitor-{number}", person, PASSWORD, by=None, must_change=False)
        if role:
            self.give(made, role, unit)
        return made

    def give(self, account: Account, role: str, unit: Unit) -> None:
        today = date.today()
        actions.grant(account, role, unit, today - TERM, today + TERM, by=None, reason="测试")

    def _holding(self, role: str, unit: Unit) -> Account:
        return self.account(role, unit)

    def visitor(self, row: Row, who: str) -> Any:
        """A client for one of the four."""
        from django.test import Client

        account = self.account_of(row, who)
        return enter(account) if account else Client()

    def account_of(self, row: Row, who: str) -> Account | None:
        """Whom one of the four signs in as, the same account for all rows that ask for the same role and unit."""
        if who == "nobody" or row.permission in (PUBLIC, KEYED):
            return None
        if row.permission == SIGNED_IN:
            return self.me if who == "here" else self.holding(row.role if who == "elsewhere" else "", self.elsewhere)
        if who == "wrong":
            return self.holding(row.wrong_role or role_without(row.permission), self.root)
        right = row.role or role_with(row.permission)
        if who == "elsewhere":
            return self.holding(right, self.elsewhere)
        return self.holding(right, self.root if row.root else self.here)


def role_with(permission: str) -> str:
    return next(key for key, role in roles().items() if permission in role.may)


def role_without(permission: str) -> str:
    return next(key for key, role in roles().items() if permission not in role.may)
