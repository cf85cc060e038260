"""How a test signs somebody in without the login form: for the `visitor` fixture and for the permission matrix."""

from __future__ import annotations

import time
from typing import Any

#: The secret of the authenticator app of every officer a test makes.
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def enter(account: Any) -> Any:
    """A client already signed in as this account, which stands in `client.account`."""
    from django.test import Client

    client: Any = Client()
    admit(client, account)
    return client


def admit(client: Any, account: Any) -> None:
    """Sign `account` in at `client`, as the door leaves it: who needs a second factor has one and has just shown it."""
    from qingdun.access import factors

    client.account = account
    client.force_login(account)
    shown = {"password": int(time.time())}
    if factors.needs(account):
        give_app(account)
        shown["totp"] = int(time.time())
    session = client.session
    session[factors.PROVEN] = shown
    session.save()


def give_app(account: Any) -> None:
    """An authenticator app with `SECRET`, unless the account has a factor already."""
    from qingdun.access import actions, factors

    if not factors.has(account):
        actions.add_totp(account, SECRET, 0)


def code(account: Any) -> str:
    """The code the account's app shows now, or the next one when that is spent."""
    from qingdun.access import proofs

    return proofs.code_of(account, SECRET)
