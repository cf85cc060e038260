"""Is this code one of the account's? A code is spent once, and guessing ends after a few tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils import timezone

from qingdun import audit
from qingdun.access import rules
from qingdun.access.models import Account, Guesses

Type = Authenticator.Type


class Locked(Exception):
    """Too many wrong answers in a row: nothing is tried before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(str(until))
        self.until = until


@transaction.atomic
def answer(account: Account, code: str) -> str:
    """Which factor this code proves, `totp` or `recovery`, and now spent; empty when none. Raises Locked.

    The row of guesses is held meanwhile: two requests at once cannot spend one code twice, nor try one time too often.
    """
    guesses = hold(account)
    means = _spend_totp(account, code) or _spend_recovery(account, code)
    note(guesses, right=bool(means))
    return means


def hold(account: Account) -> Guesses:
    """The account's guesses, locked for this transaction. Raises Locked while nothing may be tried."""
    Guesses.objects.get_or_create(account=account)
    guesses = Guesses.objects.select_for_update().get(account=account)
    if until := _until(guesses):
        raise Locked(until)
    return guesses


def note(guesses: Guesses, *, right: bool) -> None:
    """Count the answer; a wrong one is on record, and the last one allowed says that it locks."""
    if right:
        guesses.wrong = 0
    else:
        recent = guesses.last and timezone.now() - guesses.last < _wait()
        guesses.wrong = guesses.wrong + 1 if recent else 1
        guesses.last = timezone.now()
    guesses.save()
    if not right:
        act = "access.factor_locked" if _until(guesses) else "access.factor_failed"
        audit.record(None, act, guesses.account)


def refuse_when_locked(account: Account) -> None:
    """Raise Locked when the last wrong answer was one too many."""
    guesses = Guesses.objects.filter(account=account).first()
    if guesses and (until := _until(guesses)):
        raise Locked(until)


def matching(secret: str, code: str, after: int = 0) -> int:
    """The time step, later than `after`, whose code this is; 0 when none. One step of clock drift is allowed."""
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > after and compare_user_code(actual=code, expected=expected):
            return int(counter)
    return 0


def code_of(account: Account, secret: str) -> str:
    """A code that this account may still spend now; empty when it has to wait for the next. For sample accounts."""
    row = Authenticator.objects.filter(user_id=account.pk, type=Type.TOTP).first()
    spent = row.data.get("spent", 0) if row else 0
    steps = list(totp.yield_hotp_counters_from_time())
    left = [step for step in steps[len(steps) // 2 :] if step > spent]  # the one before runs out while it is typed
    return str(totp.format_hotp_value(totp.hotp_value(secret, left[0]))) if left else ""


def _until(guesses: Guesses) -> datetime | None:
    if guesses.wrong < rules.current().tries or guesses.last is None:
        return None
    until = guesses.last + _wait()
    return timezone.localtime(until) if until > timezone.now() else None


def _wait() -> timedelta:
    return timedelta(minutes=rules.current().wait_minutes)


def _spend_totp(account: Account, code: str) -> str:
    row = Authenticator.objects.select_for_update().filter(user_id=account.pk, type=Type.TOTP).first()
    if row is None or not (counter := matching(decrypt(row.data["secret"]), code, row.data.get("spent", 0))):
        return ""
    row.data["spent"] = counter
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return "totp"


def _spend_recovery(account: Account, code: str) -> str:
    row = Authenticator.objects.filter(user_id=account.pk, type=Type.RECOVERY_CODES).first()
    if row is None or not RecoveryCodes(row).validate_code(code):
        return ""
    row.record_usage()
    return "recovery"
