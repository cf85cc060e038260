"""Signing in and out. Every outcome is on record; an unknown account costs and answers the same as a wrong password.

An account with a second factor is not signed in by its password: the session then only knows, as `pending`, who must
still answer, and everything stays as closed as before.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib import auth, messages
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import factors, passwords, rules, sessions
from qingdun.access.core.doors import Door
from qingdun.access.models import Account, Identity

UNKNOWN = "（无此账号）"
PENDING = "pending"
PENDING_FOR = 300  # seconds in which the second factor must follow
EXPIRED = "password_expired"  # in a session whose password is older than the rules allow
BACKEND = "qingdun.access.backend.GrantBackend"


def sign_in(request: HttpRequest, username: str, password: str) -> Account | None:
    """The account whose password this is, or None. `request.axes_locked_out` says if it is locked.

    It is signed in under a new session key, unless it has a second factor: then `pending` says so.
    """
    account = _checked(request, username, password)
    if account:
        begin(request, account, "password")
    return account


def begin(request: HttpRequest, account: Account, means: str) -> None:
    """What follows the first proof: the second factor where there is one, else the account is in."""
    if not factors.has(account):
        _enter(request, account, {means: int(time.time())})
        return
    request.session.cycle_key()
    kept = {"account": account.pk, "means": means, "at": int(time.time()), "hash": account.get_session_auth_hash()}
    request.session[PENDING] = kept


def begin_from(request: HttpRequest, door: Door, external_id: str) -> Account | None:
    """What follows when a door has proven an identity: as `begin`, for the account it is registered for.

    None, on record, when it is registered for nobody who may sign in: nothing is ever made or guessed from it.
    """
    rows = Identity.objects.filter(door=door.key, external_id=external_id, account__is_active=True)
    identity = rows.select_related("account__person__unit").first()
    if identity is None:
        with transaction.atomic():
            audit.record(None, "access.login_failed", UNKNOWN, f"{door.name}：{external_id}")
        return None
    Identity.objects.filter(pk=identity.pk).update(used=timezone.now())
    begin(request, identity.account, f"{factors.DOOR}{door.key}")
    return identity.account


def refuse_elsewhere(request: HttpRequest, door: Door, username: str) -> None:
    """Count a wrong password at a directory's door, as one at our own is counted."""
    user_login_failed.send(sender=__name__, credentials=_at(door, username), request=request)
    _record_failure(request, "", door.name)


def locked_elsewhere(request: HttpRequest, door: Door, username: str) -> bool:
    return bool(AxesProxyHandler.is_locked(request, _at(door, username)))


def forget_failures(request: HttpRequest, door: Door, username: str) -> None:
    """The right password at a directory's door ends the count, as at our own."""
    address = request.META.get("REMOTE_ADDR")
    AxesProxyHandler.reset_attempts(username=_at(door, username)["username"], ip_address=address)


def _at(door: Door, username: str) -> dict[str, str]:
    return {"username": f"{door.key}/{username}"}


def pending(request: HttpRequest) -> Account | None:
    """Whose second factor this session waits for; None when nobody's, or no longer."""
    kept: dict[str, Any] = request.session.get(PENDING) or {}
    if not kept or time.time() - kept["at"] > PENDING_FOR:
        return None
    account = Account.objects.filter(pk=kept["account"], is_active=True).select_related("person__unit").first()
    same = account and constant_time_compare(kept["hash"], account.get_session_auth_hash())
    return account if same else None


def complete(request: HttpRequest, account: Account, means: str) -> None:
    """The second factor was shown: the pending login becomes a session."""
    kept = request.session.pop(PENDING)
    _enter(request, account, {kept["means"]: kept["at"], means: int(time.time())})


def confirm(request: HttpRequest, account: Account, password: str) -> bool:
    """Is it still the account's own person at this screen? A wrong answer counts as a failed login."""
    return _checked(request, account.username, password) is not None


def prove_again(request: HttpRequest, account: Account, means: str) -> None:
    """The person at this screen showed this means again: the session is fresh, under a new key, and it is on record."""
    request.session.cycle_key()
    factors.prove(request, means)
    with transaction.atomic():
        audit.record(account, "access.confirmed", account, factors.named(means))


def sign_out(request: HttpRequest, why: str = "") -> None:
    """End the session; `why` when it was not the person's own wish."""
    if isinstance(request.user, Account):
        with transaction.atomic():
            audit.record(request.user, "access.logout", request.user, why)
            auth.logout(request)


def locked_until(request: HttpRequest, username: str) -> datetime:
    """When the account may be tried again from this address."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=request.META.get("REMOTE_ADDR"))
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    cool_off = get_cool_off(request)
    return timezone.localtime(last + cool_off) if cool_off else last


def _enter(request: HttpRequest, account: Account, shown: dict[str, int]) -> None:
    now, before = rules.current(), (account.last_login, account.last_address)
    address, agent = request.META.get("REMOTE_ADDR") or "", request.headers.get("User-Agent", "")
    with transaction.atomic():
        auth.login(request, account, backend=BACKEND)
        request.session[factors.PROVEN] = shown
        request.session[sessions.ORIGIN] = [address, agent[:200], int(time.time())]
        sessions.stamp(request, now)
        if now.one_session:
            sessions.end(account, but=request.session.session_key)
        if "password" in shown and passwords.expired(account):
            request.session[EXPIRED] = True
        account.last_address = address[:45]
        account.save(update_fields=["last_address"])
        audit.record(account, "access.login", account, "、".join(map(factors.named, shown)))
    _tell_when_last(request, *before)


def _tell_when_last(request: HttpRequest, at: datetime | None, address: str) -> None:
    """Whoever sees a time that was not his own knows that somebody else was here."""
    if at:
        words = {"at": f"{timezone.localtime(at):%Y-%m-%d %H:%M}", "address": address or "—"}
        messages.info(
            request, _("上次登录：%(at)s，来自 %(address)s。不是您本人时，请立即修改口令并告知安全管理员。") % words
        )


def _checked(request: HttpRequest, username: str, password: str) -> Account | None:
    """The account whose password this is. A failure is recorded, but not what is tried while locked.

    That is refused unread anyway, and would let a stranger fill the record.
    """
    locked_before = AxesProxyHandler.is_locked(request, {"username": username})
    account = auth.authenticate(request, username=username, password=password)
    if isinstance(account, Account):
        return account
    if not locked_before:
        _record_failure(request, username)
    return None


def _record_failure(request: HttpRequest, username: str, why: str = "") -> None:
    """A name that is no account is not written down: people type passwords into the wrong field."""
    account = Account.objects.filter(username=username).first()
    act = "access.locked_out" if getattr(request, "axes_locked_out", False) else "access.login_failed"
    with transaction.atomic():
        audit.record(None, act, account or UNKNOWN, why)
