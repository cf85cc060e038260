from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from qingdun.access import passwords
from qingdun.access.actions.accounts import create_account
from qingdun.access.actions.grants import grant
from qingdun.access.actions.units import create_unit
from qingdun.access.models import Account, Person, Unit
from qingdun.access.roster import roles
from qingdun.lib import environment

#: The first officers' term: long enough for a bureau to appoint its own, and it ends like every other.
FIRST_TERM = timedelta(days=3 * 365)


@transaction.atomic
def first_officers() -> list[tuple[Account, str]]:
    """The three officers of a fresh installation with their one-time passwords, which nobody can ever read again.

    Each must be changed at first login. Does nothing, and returns nothing, once any account exists.
    """
    if Account.objects.exists():
        return []
    city = environment.text("QINGDUN_CITY", "本市")
    root = Unit.objects.filter(parent=None).first() or create_unit("city", city, Unit.Level.CITY, None, by=None)
    return [_officer(role.key, role.name, root) for role in roles().values() if role.officer]


def _officer(role: str, name: str, root: Unit) -> tuple[Account, str]:
    password = passwords.one_time()
    person = Person.objects.create(name=name, unit=root)
    account = create_account(role, person, password, by=None)
    today = timezone.localdate()
    grant(account, role, root, today, today + FIRST_TERM, by=None, reason="首次启动")
    return account, password
