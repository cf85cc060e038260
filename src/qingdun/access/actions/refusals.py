from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions.accounts import offices_of
from qingdun.access.actions.grants import NotLawful
from qingdun.access.models import Account, Refusal, Unit
from qingdun.access.permissions import all_permissions


@transaction.atomic
def refuse(
    account: Account, permission: str, unit: Unit, starts: date, ends: date | None, *, by: Account, reason: str
) -> Refusal:
    """Take one permission from an account over a subtree, whatever its grants say. Raises NotLawful."""
    policy.require(by, "access.grant", unit)
    if permission not in all_permissions():
        raise NotLawful(_("没有权限 %s") % permission)
    if account.person_id == by.person_id:
        raise NotLawful(_("不得处理自己的授权"))
    if offices_of(account.person_id):
        raise NotLawful(_("不得用明示拒绝架空三员；三员的任免须由另外两员会签"))
    if ends is not None and ends < starts:
        raise NotLawful(_("截止日 %(ends)s 早于生效日 %(starts)s") % {"ends": ends, "starts": starts})
    made = Refusal.objects.create(
        account=account, permission=permission, unit=unit, starts=starts, ends=ends, reason=reason[:200]
    )
    policy.forget(account)
    audit.record(by, "access.grant", made, reason)
    return made


@transaction.atomic
def lift(refusal: Refusal, *, by: Account, reason: str) -> None:
    """End a refusal: the account's grants hold again."""
    found = Refusal.objects.select_for_update(of=("self",)).select_related("account", "unit").get(pk=refusal.pk)
    policy.require(by, "access.grant", found)
    if found.account.person_id == by.person_id:
        raise NotLawful(_("不得处理自己的授权"))
    if found.ended:
        raise NotLawful(_("这项拒绝已经解除"))
    Refusal.objects.filter(pk=found.pk).update(ended=timezone.now(), ended_why=reason[:200])
    audit.record(by, "access.grant", found, reason, changes={"ended": (None, str(_("已解除")))})
