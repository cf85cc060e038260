from __future__ import annotations

from copy import copy
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Refusal, Unit, UnitPast
from qingdun.history.actions import record


@transaction.atomic
def create_unit(
    code: str,
    name: str,
    level: str,
    parent: Unit | None,
    *,
    by: Account | None,
    short_name: str = "",
    since: date | None = None,
) -> Unit:
    """Add a unit below `parent`. `by` None is the platform itself (first start, sample). Raises ValidationError.

    `since` None: it has been there for as long as anything was registered.
    """
    if by is not None:
        policy.require(by, "inventory.edit", parent or policy.ROOT)
    path = f"{parent.path if parent else policy.ROOT}{code}/"
    if parent and parent.ended:
        raise ValidationError({"parent": _("%s已撤销，不能再有下级") % parent})
    unit = Unit(code=code, name=name, short_name=short_name, level=level, parent=parent, path=path, since=since)
    unit.full_clean()
    unit.save()
    changes = record(by, None, unit)
    audit.record(by, "access.create_unit", unit, changes=changes)
    return unit


@transaction.atomic
def rename_unit(unit: Unit, name: str, short_name: str, *, by: Account | None, on: date, reason: str) -> Unit:
    """Give a unit another name from a day on; its former name stays findable. Raises ValidationError."""
    before = _changing(unit, by, on, reason)
    after = copy(before)
    after.name, after.short_name = name, short_name
    after.full_clean(exclude=["parent", "path"])
    if (after.name, after.short_name) == (before.name, before.short_name):
        return before
    _remember([before], on)
    after.past_since = on
    after.save()
    audit.record(by, "access.rename_unit", after, reason, changes=record(by, before, after, reason))
    return after


@transaction.atomic
def move_unit(unit: Unit, parent: Unit, *, by: Account | None, on: date, reason: str) -> Unit:
    """Put a unit, with all below it, under another parent from a day on. Raises ValidationError.

    Nobody gains by it what he could not give himself: `by` must hold the permission over the unit, the parent it
    leaves and the parent it comes to.
    """
    before = _changing(unit, by, on, reason)
    parent = Unit.objects.select_for_update().get(pk=parent.pk)
    if before.parent is None:
        raise ValidationError({"parent": _("单位树的根不能移动")})
    if parent.path.startswith(before.path):
        raise ValidationError({"parent": _("不能移到自己或自己的下级之下")})
    if parent.ended:
        raise ValidationError({"parent": _("%s已撤销，不能再有下级") % parent})
    if by is not None:
        policy.require(by, "inventory.restructure", before.parent)
        policy.require(by, "inventory.restructure", parent)
    if parent.pk == before.parent_id:
        return before
    carry_refusals(before, parent, before, reason)
    after = _rewritten(before, parent, on)
    audit.record(by, "access.move_unit", after, reason, changes=record(by, before, after, reason))
    return after


@transaction.atomic
def end_unit(unit: Unit, into: Unit, *, by: Account | None, on: date, reason: str) -> Unit:
    """Close a unit whose things and people went to another (`inventory.actions.merge`). Its code leads there."""
    before = _changing(unit, by, on, reason)
    if before.children.filter(ended=None).exists():
        raise ValidationError(_("还有下级单位，不能撤销"))
    after = copy(before)
    after.ended, after.merged_into = on, into
    after.save()
    record(by, before, after, reason)
    return after


def carry_refusals(left: Unit, under: Unit, onto: Unit, reason: str) -> int:
    """What somebody is refused over `left` from further up stays refused when it comes under `under`: over `onto`.

    Else a move would give by position what was refused by name. Gives how many were added.
    """
    today = timezone.localdate()
    above = list(Refusal.objects.in_force(today).select_related("unit"))
    lost = [one for one in above if left.path.startswith(one.unit.path) and not under.path.startswith(one.unit.path)]
    lost = [one for one in lost if one.unit_id != onto.pk]
    Refusal.objects.bulk_create(
        Refusal(
            account_id=one.account_id,
            permission=one.permission,
            unit=onto,
            starts=today,
            ends=one.ends,
            reason=f"{one.reason}（{reason}）"[:200],
        )
        for one in lost
    )
    return len(lost)


def _changing(unit: Unit, by: Account | None, on: date, reason: str) -> Unit:
    """The unit as it stands, locked: may it change, by this account, from that day, for that reason?"""
    found = Unit.objects.select_for_update().get(pk=unit.pk)
    if by is not None:
        policy.require(by, "inventory.restructure", found)
    if found.ended:
        raise ValidationError(_("%s已撤销") % found)
    if on > timezone.localdate():
        raise ValidationError({"on": _("日期不能晚于今天")})
    if found.since and on < found.since:
        raise ValidationError({"on": _("单位成立于 %s，日期不能更早") % found.since})
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("请写明事由")})
    return found


def _rewritten(before: Unit, parent: Unit, on: date) -> Unit:
    """The subtree under its new parent: every path in one statement."""
    old, new = before.path, f"{parent.path}{before.code}/"
    below = list(Unit.objects.filter(path__startswith=old))
    longest = Unit._meta.get_field("path").max_length or 0
    if max(len(unit.path) for unit in below) - len(old) + len(new) > longest:
        raise ValidationError({"parent": _("单位层级过深，路径超过 %d 个字符") % longest})
    _remember(below, on)
    tail = Substr("path", len(old) + 1)
    Unit.objects.filter(path__startswith=old).update(path=Concat(Value(new), tail), past_since=on)
    Unit.objects.filter(pk=before.pk).update(parent=parent)
    return Unit.objects.get(pk=before.pk)


def _remember(units: list[Unit], on: date) -> None:
    """What they were called and where they stood until that day. Raises ValidationError before an earlier change."""
    if late := next((unit for unit in units if unit.past_since and unit.past_since > on), None):
        words = _("%(unit)s自 %(day)s 起已另有变动，日期不能更早")
        raise ValidationError({"on": words % {"unit": late, "day": late.past_since}})
    UnitPast.objects.bulk_create(
        UnitPast(
            unit=unit,
            name=unit.name,
            short_name=unit.short_name,
            path=unit.path,
            since=unit.past_since or unit.since,
            until=on,
        )
        for unit in units
        if unit.past_since != on and unit.since != on
    )
