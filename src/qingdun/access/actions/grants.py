from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Grant, Person, Unit
from qingdun.access.roster import roles


class NotLawful(Exception):
    """The grant breaks a rule; the text names it and is shown as it stands."""


@transaction.atomic
def grant(
    account: Account, role: str, unit: Unit, starts: date, ends: date, *, by: Account | None, reason: str
) -> Grant:
    """Give a role over a subtree for a term. Raises NotLawful when the person may not hold it beside the others."""
    if by is not None:
        policy.require(by, "access.grant", unit)
    if role not in roles():
        raise NotLawful(_("没有角色 %s") % role)
    if ends < starts:
        raise NotLawful(_("截止日 %(ends)s 早于生效日 %(starts)s") % {"ends": ends, "starts": starts})
    _refuse_unlawful(account.person_id, role, starts, ends)
    given = Grant.objects.create(account=account, role=role, unit=unit, starts=starts, ends=ends)
    policy.forget(account)
    audit.record(by, "access.grant", given, reason)
    return given


def _refuse_unlawful(person: int, role: str, starts: date, ends: date) -> None:
    """The person's row is locked, so that two grants at once cannot each find the other absent."""
    holder = Person.objects.select_for_update().get(pk=person)
    held = Grant.objects.filter(account__person=holder).overlapping(starts, ends).values_list("role", flat=True)
    for other in sorted(set(held) & set(roles())):
        if not roles()[role].meets(roles()[other]):
            both = {"person": holder, "held": _title(other), "wanted": _title(role)}
            raise NotLawful(_("%(person)s 已是%(held)s，同一自然人不得兼任%(wanted)s") % both)


def _title(role: str) -> str:
    return roles()[role].title(get_language())
