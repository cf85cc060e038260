"""Security keys and passkeys as a second factor: WebAuthn as django-allauth and fido2 check it.

The challenge lies in the session and is good once. A key answers only the host it was made for.
"""

from __future__ import annotations

import json
from typing import Any, cast

from allauth.mfa.webauthn.internal import auth
from django.db import transaction
from django.http import HttpRequest

from qingdun.access import actions, proofs
from qingdun.access.models import Account

MOST = 8_000  # characters of a credential; real ones have about a thousand
NAME = 40


class NotAKey(Exception):
    """What the browser sent is no answer of a key to our challenge."""


def to_add(account: Account) -> str:
    """What the browser needs to make a new key, as JSON."""
    return json.dumps(auth.begin_registration(account, passwordless=False))


def to_ask(account: Account) -> str:
    """What the browser needs to ask one of the account's keys, as JSON."""
    return json.dumps(auth.begin_authentication(account))


def add(request: HttpRequest, account: Account, name: str, sent: str) -> list[str]:
    """Register the key that made this credential; recovery codes as of `actions.add_totp`. Raises NotAKey."""
    credential = _parsed(sent)
    _checked(request, lambda: auth.complete_registration(credential))
    return actions.add_key(account, name.strip()[:NAME], credential)


@transaction.atomic
def answer(request: HttpRequest, account: Account, sent: str) -> bool:
    """Is this the answer of one of the account's keys? A wrong one counts as a guess. Raises `proofs.Locked`."""
    guesses = proofs.hold(account)
    try:
        row = _checked(request, lambda: auth.complete_authentication(account, _parsed(sent)))
    except NotAKey:
        proofs.note(guesses, right=False)
        return False
    row.record_usage()
    proofs.note(guesses, right=True)
    return True


def _parsed(sent: str) -> dict[str, Any]:
    try:
        credential = json.loads(sent) if len(sent) <= MOST else None
    except (ValueError, RecursionError):
        credential = None
    if not isinstance(credential, dict):
        raise NotAKey
    return cast(dict[str, Any], credential)


def _checked(request: HttpRequest, check: Any) -> Any:
    """What the check gives. The challenge is spent whatever comes of it."""
    try:
        return check()
    except NotAKey:
        raise
    except Exception as error:  # decoders of three libraries meet here, each with faults of its own
        raise NotAKey from error
    finally:
        request.session.pop(auth.STATE_SESSION_KEY, None)
