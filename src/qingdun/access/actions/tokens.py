"""Making and withdrawing API tokens. A token gives nothing: it narrows what its account holds, at each use anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.core.roles import POWER
from qingdun.access.core.tokens import Secret
from qingdun.access.models import Account, Token
from qingdun.lib import environment

MOST = 20  # living tokens of one account
LONGEST = 365  # days; an installation may choose fewer


def longest() -> int:
    """The most days a token of this installation may live."""
    return min(LONGEST, environment.number("QINGDUN_TOKEN_DAYS", LONGEST, least=1))


def may_hold(account: Account) -> bool:
    """Officers hold none: they are people with a second factor, never programs."""
    return not any(role.officer for role in policy.roles_of(account))


def offered(account: Account) -> tuple[str, ...]:
    """The permissions a token of this account can be given: what it holds, without power over power."""
    held = {key for role in policy.roles_of(account) for key in role.may if policy.may(account, key)}
    return tuple(sorted(key for key in held if not key.startswith(POWER)))


@transaction.atomic
def create_token(account: Account, name: str, scope: Iterable[str], days: int) -> tuple[Token, str]:
    """A fresh token of the account's own and its text, which nobody can ever read again.

    Raises PermissionDenied for officers and for an account that itself came by a token; ValidationError by field.
    """
    require_person(account)
    if not may_hold(account):
        raise PermissionDenied(_("三员不得持有接口令牌：三员是经第二验证的人，不是程序。"))
    Account.objects.select_for_update().get(pk=account.pk)  # two at once cannot each be the last one allowed
    now, wanted = timezone.now(), sorted(set(scope))
    if faults := _faults(account, name, wanted, days):
        raise ValidationError(faults)
    secret = Secret.fresh()
    token = Token(account=account, name=name, prefix=secret.prefix, digest=secret.digest, scope=wanted)
    token.created, token.expires = now, now + timedelta(days=days)
    token.full_clean(exclude=["scope", "revoked", "last_used"])
    token.save()
    given = {"scope": (None, wanted), "expires": (None, timezone.localtime(token.expires).isoformat("T", "minutes"))}
    audit.record(account, "access.token_create", token, changes=given)
    return token, secret.text


def _faults(account: Account, name: str, scope: list[str], days: int) -> dict[str, str]:
    faults = {}
    living = Token.objects.of(account).living(timezone.now())
    if living.filter(name=name).exists():
        faults["name"] = _("已有一个叫“%s”的令牌，请换一个名字或先作废它") % name
    elif living.count() >= MOST:
        faults["name"] = _("一个账号最多有 %d 个有效令牌，请先作废不用的") % MOST
    if not scope:
        faults["scope"] = _("请至少选一项权限")
    elif beyond := sorted(set(scope) - set(offered(account))):
        faults["scope"] = _("令牌不能有本账号没有的权限：%s") % "、".join(beyond)
    if not 1 <= days <= longest():
        faults["days"] = _("有效期应在 1 至 %d 天之间") % longest()
    return faults


@transaction.atomic
def revoke_token(token: Token, *, by: Account, reason: str = "") -> None:
    """Withdraw a token at once: its owner, or who may control accounts there. Nothing happens to a withdrawn one."""
    require_person(by)
    kept = Token.objects.select_for_update(of=("self",)).select_related("account__person__unit").get(pk=token.pk)
    if kept.account_id != by.pk:
        policy.require(by, "access.control", kept)
    if kept.revoked is None:
        kept.revoked = timezone.now()
        kept.save(update_fields=["revoked"])
        audit.record(by, "access.token_revoke", kept, reason)


def require_person(account: Account) -> None:
    """Raises PermissionDenied when this account acts through a token."""
    if account.narrowed_to is not None:
        raise PermissionDenied(_("这项操作须本人登录办理，不能用接口令牌。"))
