"""Signing in and out. Every outcome is on record; an unknown account costs and answers the same as a wrong password."""

from __future__ import annotations

from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib import auth
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from qingdun import audit
from qingdun.access.models import Account

UNKNOWN = "（无此账号）"


def sign_in(request: HttpRequest, username: str, password: str) -> Account | None:
    """The account, now signed in under a new session key, or None. `request.axes_locked_out` says if it is locked."""
    account = _checked(request, username, password)
    if account:
        with transaction.atomic():
            auth.login(request, account)
            audit.record(account, "access.login", account)
    return account


def confirm(request: HttpRequest, account: Account, password: str) -> bool:
    """Is it still the account's own person at this screen? A wrong answer counts as a failed login."""
    return _checked(request, account.username, password) is not None


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


def _record_failure(request: HttpRequest, username: str) -> None:
    """A name that is no account is not written down: people type passwords into the wrong field."""
    account = Account.objects.filter(username=username).first()
    act = "access.locked_out" if getattr(request, "axes_locked_out", False) else "access.login_failed"
    with transaction.atomic():
        audit.record(None, act, account or UNKNOWN)
