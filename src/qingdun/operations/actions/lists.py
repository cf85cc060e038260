"""A province's list in, our own list out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.operations import guarding
from qingdun.operations.actions.blocking import MAY, already, new, reason_of
from qingdun.operations.actions.weighing import hold, look, usual_end
from qingdun.operations.core import lists
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.core.lists import Line
from qingdun.operations.models import Block, Revision


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list: what was entered, and every line that was not, with the reason."""

    blocks: tuple[Block, ...]
    refused: tuple[Line, ...]


@transaction.atomic
def import_list(lines: Iterable[Line], *, by: Account, reason: str) -> Imported:
    """Block what an upper level lists, by the same guards as everything else; a line refused stops no other.

    A line without an end gets the usual term. Raises PermissionDenied, NotBlockable without a reason.
    """
    policy.require(by, MAY, policy.ROOT)
    words = reason_of(reason)
    hold()
    keeper, now = guarding.Keeper(), timezone.now()
    made, refused = list[Block](), list[Line]()
    for line in lines:
        try:
            if line.problem:
                raise NotBlockable(line.problem)
            until = line.until or usual_end(line.address, line.direction, now=now)
            weighed = look(line.address, line.direction, until, now=now, keeper=keeper)
            if problem := weighed.problem or already(weighed):
                raise NotBlockable(problem)
            text = f"{words}：{line.reason}" if line.reason else words
            made.append(new(weighed, by=by, reason=text, alert=None, origin=Block.Origin.PROVINCE))
        except NotBlockable as wrong:
            refused.append(replace(line, problem=str(wrong)))
    Revision.bump()
    return Imported(tuple(made), tuple(refused))


@transaction.atomic
def export_list(*, by: Account, reason: str = "") -> str:
    """What stands now, as CSV. Raises PermissionDenied."""
    policy.require(by, "operations.view", policy.ROOT)
    standing = Block.objects.in_force(timezone.now()).order_by("first_key")
    text = lists.write(
        (
            *(one.address, one.direction, timezone.localtime(one.valid_from).isoformat()),
            timezone.localtime(one.valid_until).isoformat() if one.valid_until else "",
            *(one.get_origin_display(), one.attack, one.reason),
        )
        for one in standing
    )
    audit.record(by, "operations.view", _("导出封禁名单"), reason)
    return text
