"""The second factor: who needs one, who has one, and how and when this session was proven.

`session["proven"]` maps each means (`password`, `totp`, `webauthn`, `recovery`, or the door of an external login) to
the second it was last shown. What is fresh enough for the most powerful acts is asked with `require_fresh`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qingdun.access import policy, rules
from qingdun.access.doors import doors
from qingdun.access.models import Account

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

PROVEN = "proven"
DOOR = "door:"  # before the key of an external door
FACTORS = ("totp", "webauthn", "recovery")
#: What the means are called in the audit record and on the own page.
NAMES = {
    "password": gettext_noop("口令"),
    "totp": gettext_noop("动态口令"),
    "webauthn": gettext_noop("安全密钥"),
    "recovery": gettext_noop("恢复码"),
}


def named(means: str) -> str:
    """What the record calls a means."""
    door = doors().get(means.removeprefix(DOOR))
    return NAMES.get(means) or (door.name if door else means)


class NotFresh(PermissionDenied):
    """The act asks for a newer proof of identity: pages lead to it and back, the machine interface says so."""


def needs(account: Account) -> bool:
    """Does a role this account holds today demand a second factor? Officers' always do."""
    return any(role.second_factor for role in policy.roles_of(account))


def has(account: Account) -> bool:
    """Has it a second factor? Recovery codes alone are none: they only stand in for one."""
    own = Authenticator.objects.filter(user_id=account.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return bool(own.exists())


def prove(request: HttpRequest, *means: str) -> None:
    """Remember that these means were shown in this session just now."""
    request.session[PROVEN] = request.session.get(PROVEN, {}) | dict.fromkeys(means, int(time.time()))


def proven(request: HttpRequest) -> bool:
    """Was a second factor shown in this session?"""
    return any(means in request.session.get(PROVEN, {}) for means in FACTORS)


def fresh(request: HttpRequest) -> bool:
    """Was the strongest proof of this session shown within the rules' minutes?

    A session with a factor needs a fresh factor; the password alone is the proof of an account without one.
    """
    shown = request.session.get(PROVEN, {})
    times = [at for means, at in shown.items() if means in FACTORS] or list(shown.values())
    return bool(times) and 0 <= time.time() - max(times) <= rules.current().fresh_minutes * 60


def require_fresh(request: HttpRequest) -> None:
    """Raise NotFresh unless `fresh`; the pages then ask for the proof and lead back."""
    if not fresh(request):
        raise NotFresh(_("此操作须先再次验证身份"))


def asks_again(view: View) -> View:
    """A view of the most powerful acts (granting, resetting, exporting audit): see `require_fresh`."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return asked  # type: ignore[return-value]
