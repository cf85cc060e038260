"""Who is behind an API token, now. Nothing about a token that is not exactly right is told to whoever shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qingdun.access.actions.tokens import may_hold
from qingdun.access.core.tokens import Secret
from qingdun.access.models import Account, Token

SEEN_EVERY = timedelta(minutes=1)  # a use is written down at most this often, or when the address changes


UNKNOWN = "token-unknown", _("令牌无效。")
EXPIRED = "token-expired", _("令牌已到期，请由本人登录后新建。")
REVOKED = "token-revoked", _("令牌已作废。")
CLOSED = "token-owner", _("令牌所属的账号现在不能使用。")
OFFICER = "token-owner", _("三员不得使用接口令牌。")


class Refused(Exception):
    """Why a token opens nothing: the name of the problem, and words for the reader."""

    def __init__(self, why: tuple[str, str | Promise]) -> None:
        self.kind, self.words = why
        super().__init__(self.kind)


def holder(text: str, address: str, now: datetime) -> tuple[Account, Token]:
    """The account behind a token, narrowed to the token's scope. Raises Refused.

    Only whoever shows the whole secret of a spent token learns that it was one; anything else is simply unknown.
    """
    secret = Secret.parse(text)
    found = (
        Token.objects.select_related("account__person__unit").filter(prefix=secret.prefix).first() if secret else None
    )
    if secret is None or not secret.is_of(found.digest if found else None) or found is None:
        raise Refused(UNKNOWN)
    if found.revoked:
        raise Refused(REVOKED)
    if found.expires <= now:
        raise Refused(EXPIRED)
    account = found.account
    if not account.is_active or account.must_change_password:
        raise Refused(CLOSED)
    if not may_hold(account):
        raise Refused(OFFICER)
    account.narrowed_to = frozenset(found.scope)
    _note(found, address, now)
    return account, found


def _note(token: Token, address: str, now: datetime) -> None:
    if token.last_used and now - token.last_used < SEEN_EVERY and token.last_address == address:
        return
    try:
        Token.objects.filter(pk=token.pk).update(last_used=now, last_address=address[:45])
    except OperationalError:  # a database busy with a long import must not keep a reader out
        return
