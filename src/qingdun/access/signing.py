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
    before = AxesProxyHandler.is_locked(request, {"username": username})
    account = auth.authenticate(request, username=username, password=password)
    if isinstance(account, Account):
        with transaction.atomic():
            auth.login(request, account)
            audit.record(account, "access.login", account)
        return account
    if not before:  # what is tried while locked is refused unread, and would let a stranger fill the record
        locked = getattr(request, "axes_locked_out", False)
        _record_failure(username, "access.locked_out" if locked else "access.login_failed")
    return None


def sign_out(request: HttpRequest) -> None:
    if isinstance(request.user, Account):
        with transaction.atomic():
            audit.record(request.user, "access.logout", request.user)
            auth.logout(request)


def locked_until(request: HttpRequest, username: str) -> datetime:
    """When the account may be tried again from this address."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=request.META.get("REMOTE_ADDR"))
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    cool_off = get_cool_off(request)
    return timezone.localtime(last + cool_off) if cool_off else last


def _record_failure(username: str, act: str) -> None:
    """A name that is no account is not written down: people type passwords into the wrong field."""
    account = Account.objects.filter(username=username).first()
    with transaction.atomic():
        audit.record(None, act, account or UNKNOWN)
