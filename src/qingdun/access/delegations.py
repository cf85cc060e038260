"""On whose behalf an account may decide today."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Delegation, Grant
from qingdun.access.models.grants import still_given


def acting_for(account: Account) -> Sequence[Account]:
    """The accounts whose approvals were delegated to this one, for today. Never an officer's, never to an officer."""
    today = timezone.localdate()
    officers = Grant.objects.filter(role__in=OFFICES).in_force(today)
    lent = Delegation.objects.filter(still_given(), taker=account, grant=None, starts__lte=today, ends__gte=today)
    either = Q(account__person=OuterRef("giver__person")) | Q(account__person=OuterRef("taker__person"))
    lent = lent.filter(taker__is_active=True, giver__is_active=True).exclude(Exists(officers.filter(either)))
    return list(Account.objects.filter(pk__in=lent.values("giver")).select_related("person__unit"))
