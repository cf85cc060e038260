from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import encrypt
from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import factors, sessions
from qingdun.access.models import Account

Type = Authenticator.Type


class NotRemovable(Exception):
    """The factor stays; the text says why and is shown as it stands."""


@transaction.atomic
def add_totp(account: Account, secret: str, spent: int) -> list[str]:
    """Give the account an authenticator app, `spent` being the time step of the code that proved it works.

    An earlier one is replaced. Returns new recovery codes when it had none, else nothing.
    """
    Authenticator.objects.filter(user_id=account.pk, type=Type.TOTP).delete()
    data = {"secret": encrypt(secret), "spent": spent}
    row = Authenticator.objects.create(user_id=account.pk, type=Type.TOTP, data=data)
    return _added(account, row)


@transaction.atomic
def add_key(account: Account, name: str, credential: dict[str, Any]) -> list[str]:
    """Register a security key or passkey that WebAuthn has checked. Recovery codes as in `add_totp`."""
    data = {"name": name, "credential": credential}
    row = Authenticator.objects.create(user_id=account.pk, type=Type.WEBAUTHN, data=data)
    return _added(account, row)


@transaction.atomic
def renew_recovery_codes(account: Account) -> list[str]:
    """Ten new recovery codes, shown once; the old ones are worth nothing from now on."""
    codes = _new_codes(account)
    audit.record(account, "access.recovery_codes", account)
    return codes


@transaction.atomic
def remove_factor(account: Account, pk: int) -> None:
    """A person's own removal. Raises NotRemovable for the last factor of an account that needs one."""
    row = Authenticator.objects.filter(user_id=account.pk, pk=pk).exclude(type=Type.RECOVERY_CODES).first()
    if row is None:
        raise NotRemovable(_("没有这一项验证方式"))
    row_name = _name(row)
    row.delete()
    if not factors.has(account):
        if factors.needs(account):
            raise NotRemovable(_("您的角色必须有第二验证方式：先添加另一种，再删除这一种"))
        Authenticator.objects.filter(user_id=account.pk).delete()
    audit.record(account, "access.factor_removed", account, row_name)


@transaction.atomic
def reset_factors(account: Account, *, by: Account | None, reason: str) -> None:
    """Take every factor of an account away, so that its person sets up new ones; its sessions end.

    For a lost factor only, after the approval of two other officers (`access.factor_reset`): whoever calls this has it.
    """
    Authenticator.objects.filter(user_id=account.pk).delete()
    sessions.end(account)
    audit.record(by, "access.factor_reset", account, reason)


def _added(account: Account, row: Authenticator) -> list[str]:
    audit.record(account, "access.factor_added", account, _name(row))
    stands = Authenticator.objects.filter(user_id=account.pk, type=Type.RECOVERY_CODES).exists()
    return [] if stands else _new_codes(account)


def _new_codes(account: Account) -> list[str]:
    Authenticator.objects.filter(user_id=account.pk, type=Type.RECOVERY_CODES).delete()
    return [str(code) for code in RecoveryCodes.activate(account).generate_codes()]


def _name(row: Authenticator) -> str:
    """What the record calls a factor: its kind, and the name its owner gave a key."""
    kind = factors.NAMES[str(row.type)]
    return f"{kind}（{row.data['name']}）" if row.type == Type.WEBAUTHN else kind
