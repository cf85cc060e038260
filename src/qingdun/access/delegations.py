"""On whose behalf an account may decide today."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Delegation, Grant
from qingdun.access.models.grants import still_given


def acting_for(account: Account) -> Sequence[Account]:
    """The accounts whose approvals were delegated to this one, for today. Never an officer's, never to an officer."""
    today = timezone.localdate()
    officers = Grant.objects.filter(role__in=OFFICES).in_force(today).values("account__person")
    if not account.is_active or account.person_id in set(officers.values_list("account__person", flat=True)):
        return ()
    lent = Delegation.objects.filter(still_given(), taker=account, grant=None, starts__lte=today, ends__gte=today)
    givers = lent.exclude(giver__person__in=officers).values("giver")
    return list(Account.objects.filter(pk__in=givers, is_active=True).select_related("person__unit"))
