from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.doors import doors
from qingdun.access.models import Account, Identity


@transaction.atomic
def tie(account: Account, door: str, external_id: str, *, by: Account, reason: str) -> Identity:
    """Let an external identity lead to this account. Raises ValidationError, also for one that leads elsewhere."""
    policy.require(by, "access.create", account)
    if by.person_id == account.person_id:
        raise ValidationError({"account": _("不能给自己的账号登记外部身份")})
    if door not in doors():
        raise ValidationError({"door": _("没有外部登录 %s") % door})
    made = Identity(account=account, door=door, external_id=external_id.strip())
    made.full_clean()
    made.save()
    audit.record(by, "access.identity", account, reason, changes={"identity": ("", str(made))})
    return made


@transaction.atomic
def untie(identity: Identity, *, by: Account, reason: str) -> None:
    """From now on this identity leads nowhere; sessions of the account end."""
    from qingdun.access import sessions

    policy.require(by, "access.create", identity)
    was, account = str(identity), identity.account
    identity.delete()
    sessions.end(account)
    audit.record(by, "access.identity", account, reason, changes={"identity": (was, "")})
