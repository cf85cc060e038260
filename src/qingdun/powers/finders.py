"""What the global search finds here: approvals by number, matter or requester."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Approval
from qingdun.powers.listings.approvals import kind_of
from qingdun.web.finders import LIMIT, Hit, register

LONGEST = 9  # digits of a number worth looking for


def approvals(user: Any, words: str) -> list[Hit]:
    wanted = Q(title__icontains=words) | Q(requester_person__name__icontains=words)
    if words.isdecimal() and len(words) <= LONGEST:
        wanted |= Q(pk=int(words))
    found = Approval.objects.visible_to(user).filter(wanted).select_related("requester_person")[:LIMIT]
    return [
        Hit(one.title, f"{kind_of(one)} {one.pk} · {one.requester_person}", one.get_absolute_url()) for one in found
    ]


register(pgettext_lazy("list", "审批"), None, approvals, 80)
