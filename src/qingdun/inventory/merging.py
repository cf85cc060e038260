"""One unit goes into another from a day on: shown first, then confirmed, then carried out in one transaction.

Past days keep their figures: every owned thing remembers whose it was until that day (`Former`). No account is given
anything: grants over the merged unit end, refusals go along; who holds the receiving unit sees what came to it, and
that is shown before.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions import end_unit, move_unit
from qingdun.access.actions.units import carry_refusals
from qingdun.access.models import Account, Grant, Unit
from qingdun.history.actions import record_many
from qingdun.inventory.actions.follow import OWNER
from qingdun.inventory.core.merging import FOLLOW, checked, digest
from qingdun.inventory.models import Former
from qingdun.lib.rooms import modules

BATCH = 2000

WHEN_MERGED = {
    "inventory.contact.unit": FOLLOW,
    "inventory.difference.unit": FOLLOW,
    "inventory.host.unit": FOLLOW,
    "inventory.securitydevice.unit": FOLLOW,
    "inventory.system.operator": FOLLOW,
    "inventory.system.unit": FOLLOW,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the merger will do. `seen` is its digest: the confirmation carries it along."""

    unit: Unit
    into: Unit
    on: date
    following: tuple[tuple[str, int], ...]  # kind in words, how many
    children: tuple[str, ...]
    ending: tuple[str, ...]  # grants over the merged unit, which end
    gaining: tuple[str, ...]  # grants over the receiving unit that did not reach the merged one
    seen: str


class Changed(ValidationError):
    """Since it was shown, something else has changed: look again."""


@cache
def rules() -> dict[str, str]:
    """Every relation to a unit, `room.model.field`, and what a merger does with it."""
    found: dict[str, str] = {}
    for module in modules("merging"):
        found |= checked(module.WHEN_MERGED)
    return found


def plan(unit: Unit, into: Unit, on: date, *, by: Account) -> Plan:
    """What would happen. Raises ValidationError for what cannot be merged, PermissionDenied."""
    _require(unit, into, on, by)
    following = tuple(
        (str(model._meta.verbose_name), count)
        for model, field in _following()
        if (count := model._default_manager.filter(**{field: unit}).count())
    )
    children = tuple(f"{one} {one.code}" for one in unit.children.filter(ended=None))
    ending = tuple(str(grant) for grant in _ending(unit))
    gaining = tuple(str(grant) for grant in _gaining(unit, into))
    seen = digest(unit.pk, into.pk, on, following, children, ending, gaining)
    return Plan(unit, into, on, following, children, ending, gaining, seen)


@transaction.atomic
def merge(unit: Unit, into: Unit, on: date, *, by: Account, reason: str, seen: str) -> Unit:
    """Carry out what was shown. Raises ValidationError, `Changed` when it would not be the same any more."""
    unit, into = _locked(unit), _locked(into)
    shown = plan(unit, into, on, by=by)
    if shown.seen != seen:
        raise Changed(_("确认之前情况已有变化，请再看一遍"))
    for model, field in _following():
        _hand_over(model, field, unit, into, on, by, reason)
    carry_refusals(unit, into, into, reason)
    for child in unit.children.filter(ended=None):
        move_unit(child, into, by=by, on=on, reason=reason)
    _end(_ending(unit), unit, by, reason)
    ended = end_unit(unit, into, by=by, on=on, reason=reason)
    counts = {kind: (count, 0) for kind, count in shown.following}
    audit.record(by, "inventory.restructure", ended, reason, changes={"merged_into": (None, str(into)), **counts})
    return into


def _require(unit: Unit, into: Unit, on: date, by: Account) -> None:
    for one in (unit, into, *([unit.parent] if unit.parent else [])):
        policy.require(by, "inventory.restructure", one)
    problem = ""
    if unit.pk == into.pk or into.path.startswith(unit.path):
        problem = _("不能并入自己或自己的下级")
    elif unit.parent is None:
        problem = _("单位树的根不能并入别的单位")
    elif gone := next((one for one in (unit, into) if one.ended), None):
        problem = _("%s已撤销") % gone
    elif into.since and on < into.since:
        problem = _("单位成立于 %s，日期不能更早") % into.since
    elif on > timezone.localdate():
        problem = _("日期不能晚于今天")
    if problem:
        raise ValidationError(problem)


def _following() -> Iterator[tuple[type[Model], str]]:
    for relation, rule in sorted(rules().items()):
        if rule == FOLLOW:
            room, model, field = relation.split(".")
            yield apps.get_model(room, model), field


def _ending(unit: Unit) -> Any:
    return Grant.objects.standing(timezone.localdate()).filter(unit=unit).select_related("account", "unit")


def _gaining(unit: Unit, into: Unit) -> list[Grant]:
    """Grants that reach the receiving unit and did not reach the merged one: their holders will see more."""
    above = Q(pk__in=[])
    for path in _above(into.path):
        if not unit.path.startswith(path):
            above |= Q(unit__path=path)
    today = timezone.localdate()
    return list(Grant.objects.standing(today).filter(above).select_related("account", "unit").order_by("pk"))


def _above(path: str) -> list[str]:
    """`/a/b/` → `/a/`, `/a/b/`."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) + "/" for count in range(len(parts))]


def _hand_over(model: Any, field: str, unit: Unit, into: Unit, on: date, by: Account, reason: str) -> None:
    """Everything of one kind, in batches: whose it was until that day, whose it is, and the history of each."""
    since_column = OWNER[model][1] if model in OWNER and OWNER[model][0] == field else ""
    while rows := list(model._default_manager.filter(**{field: unit}).order_by("pk")[:BATCH]):
        pairs = [(row, copy(row)) for row in rows]
        former = [one for before, after in pairs if (one := _turned(before, after, field, since_column, into, on))]
        Former.objects.bulk_create(former, batch_size=1000)
        columns = [field, *([since_column] if since_column else [])]
        model._default_manager.bulk_update([after for _before, after in pairs], columns, batch_size=500)
        record_many(by, pairs, reason)


def _turned(before: Any, after: Any, field: str, since_column: str, into: Unit, on: date) -> Former | None:
    """Give `after` its new unit; what is to be remembered, None when it came after that day."""
    setattr(after, field, into)
    if not since_column:
        return None
    since = getattr(before, since_column) or getattr(before, type(before)._default_manager.all().since_field)
    if since >= on:
        return None
    setattr(after, since_column, on)
    held = getattr(before, f"{field}_id")
    return Former(kind=before._meta.label_lower, row=before.pk, what=field, value=held, since=since, until=on)


def _end(grants: Any, unit: Unit, by: Account, reason: str) -> None:
    now, why = timezone.now(), _("%s撤销") % unit
    ended = list(grants)
    for grant in ended:
        grant.ended, grant.ended_why = now, f"{why}：{reason}"[:200]
        policy.forget(grant.account)
    Grant.objects.bulk_update(ended, ["ended", "ended_why"])


def _locked(unit: Unit) -> Unit:
    return Unit.objects.select_for_update().get(pk=unit.pk)
