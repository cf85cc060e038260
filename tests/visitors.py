"""How a test signs somebody in without the login form: for the `visitor` fixture and for the permission matrix."""

from __future__ import annotations

from typing import Any


def enter(account: Any) -> Any:
    """A client already signed in as this account, which stands in `client.account`."""
    from django.test import Client

    client: Any = Client()
    client.account = account
    client.force_login(account)
    return client
