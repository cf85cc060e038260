"""What a password must be, by the rules in force; and the one-time passwords the platform hands out."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import rules
from qingdun.access.core.rules import kinds_in
from qingdun.access.models import Account, OldPassword

UNMISTAKABLE = "abcdefghijkmnpqrstuvwxyz23456789"  # neither l and 1 nor o and 0: these passwords are read off a screen


class Strength:
    """Long enough, and of enough kinds of characters."""

    def validate(self, password: str, user: Any = None) -> None:
        now = rules.current()
        broken = []
        if len(password) < now.min_length:
            broken.append(_("口令太短，至少 %d 个字符。") % now.min_length)
        if kinds_in(password) < now.kinds:
            broken.append(_("口令须含小写字母、大写字母、数字、其他字符中的至少 %d 种。") % now.kinds)
        if broken:
            raise ValidationError(broken)

    def get_help_text(self) -> str:
        now = rules.current()
        return _("至少 %(length)d 个字符，含小写字母、大写字母、数字、其他字符中的至少 %(kinds)d 种。") % {
            "length": now.min_length,
            "kinds": now.kinds,
        }


class NotUsedBefore:
    """None of the last few of this account, the present one included."""

    def validate(self, password: str, user: Any = None) -> None:
        if not isinstance(user, Account) or user.pk is None:
            return
        number = rules.current().history
        before = OldPassword.objects.filter(account=user).order_by("-pk").values_list("password", flat=True)
        if any(check_password(password, kept) for kept in [user.password, *before[: number - 1]]):
            raise ValidationError(_("新口令不能是最近 %d 次用过的。") % number)

    def get_help_text(self) -> str:
        return _("不能是最近 %d 次用过的口令。") % rules.current().history


def replace(account: Account, password: str) -> None:
    """Give the account this password, which the caller has validated, and keep what the history needs of the old one.

    Saves the account when it is stored already; a new one is its caller's to save.
    """
    if account.pk and account.has_usable_password():
        OldPassword.objects.create(account=account, password=account.password)
        kept = OldPassword.objects.filter(account=account).order_by("-pk").values_list("pk", flat=True)
        OldPassword.objects.filter(account=account).exclude(pk__in=list(kept[: rules.current().history])).delete()
    account.set_password(password)
    account.password_since = timezone.now()
    if account.pk:
        account.save(update_fields=["password", "password_since"])


def expired(account: Account) -> bool:
    """Is the password older than the rules allow?"""
    since = account.password_since
    return since is not None and (timezone.now() - since).days >= rules.current().max_age_days


def one_time() -> str:
    """A password to be read off a screen once, such as `Kd7m-x3pq-9rtu-wv2a`; it keeps the rules in force."""
    now = rules.current()
    groups = max(4, -(-(now.min_length + 1) // 5))
    while True:
        text = "-".join("".join(secrets.choice(UNMISTAKABLE) for _ in range(4)) for _ in range(groups)).capitalize()
        if kinds_in(text) == 4:
            return text
