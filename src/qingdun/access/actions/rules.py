from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy, rules
from qingdun.access.core.rules import BOUNDS, Rules, changes, outside
from qingdun.access.models import Account, SigningRules


class OutOfBounds(Exception):
    """A setting would make its rule void; the text names it and its bounds and is shown as it stands."""


@transaction.atomic
def set_rules(wanted: Rules, *, by: Account, reason: str) -> Rules:
    """Set the rules of signing in, for the whole installation. Nothing is recorded when nothing changes.

    Raises OutOfBounds.
    """
    policy.require(by, "access.rules", policy.ROOT)
    before = rules.current()
    if wrong := outside(wanted):
        low, high = BOUNDS[wrong[0]]
        title = SigningRules.title(wrong[0])
        raise OutOfBounds(_("%(title)s只能在 %(low)d 到 %(high)d 之间") % {"title": title, "low": low, "high": high})
    if differ := changes(before, wanted):
        SigningRules.objects.update_or_create(pk=1, defaults=asdict(wanted))
        audit.record(by, "access.rules", _("登录规则"), reason, changes=differ)
    return wanted
