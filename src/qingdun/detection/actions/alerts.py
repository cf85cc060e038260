from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.core.judging import CLOSED, DONE_WITH, NEEDS_WORDS, Act, NotNow, State, possible, step
from qingdun.detection.models import Alert, AlertNote
from qingdun.detection.outcomes import outcome

HANDLE = "detection.handle"
LONGEST = 2000  # characters of a note
TOGETHER = 500  # alerts at once
COLUMNS = ("state", "assignee", "closed", "live")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a bulk act: how many were changed, and those whose state did not allow it."""

    changed: int
    passed_over: int


@transaction.atomic
def judge(alert: Alert, act: Act, *, by: Account, reason: str = "", to: Account | None = None) -> Alert:
    """One step with one alert. `to`: to whom it is assigned. Raises PermissionDenied, ValidationError."""
    found = Alert.objects.select_for_update(of=("self",)).select_related("unit").get(pk=alert.pk)
    policy.require(by, HANDLE, found)
    words = _words(act, reason)
    if act not in possible(State(found.state)):
        raise ValidationError(_("“%(state)s”的告警不能这样处理，请刷新页面再看") % {"state": found.get_state_display()})
    if to is not None and not policy.may(to, HANDLE, found):
        raise ValidationError({"to": _("%s 没有研判这条告警的权限") % to})
    _write([found], act, by, words, _whom(act, by, to))
    return found


@transaction.atomic
def judge_many(keys: Collection[int], act: Act, *, by: Account, reason: str = "", to: Account | None = None) -> Done:
    """The same step with many; those in another state are passed over. All or nothing when it may not be done at all.

    Raises ValidationError; rows outside `by`'s scope are not found.
    """
    policy.require(by, HANDLE)
    words = _words(act, reason)
    if len(keys) > TOGETHER:
        raise ValidationError(_("一次最多处理 %d 条告警") % TOGETHER)
    rows = Alert.objects.visible_to(by, HANDLE).filter(pk__in=keys)
    found = list(rows.select_for_update(of=("self",)).select_related("unit").order_by("pk"))
    if to is not None and (out := [one for one in found if not policy.may(to, HANDLE, one)]):
        problem = _("%(who)s 没有研判其中 %(count)d 条告警的权限") % {"who": to, "count": len(out)}
        raise ValidationError({"to": problem})
    fit = [one for one in found if act in possible(State(one.state))]
    _write(fit, act, by, words, _whom(act, by, to))
    return Done(len(fit), len(found) - len(fit))


@transaction.atomic
def become(alert: Alert, kind: str, *, by: Account, reason: str) -> Any:
    """Make of an alert what a room above registered under `kind`, once. Gives what was made."""
    found = Alert.objects.select_for_update(of=("self",)).select_related("unit").get(pk=alert.pk)
    wanted = outcome(kind)
    if wanted is None:
        raise ValidationError(_("没有“%s”这个去向") % kind)
    policy.require(by, wanted.permission, found)
    if found.notes.filter(act=kind).exists():
        raise ValidationError(_("已经办理过“%s”") % wanted.title)
    words = _words(Act.NOTE, reason)
    made = wanted.make(found, by, words)
    before = found.state
    with suppress(NotNow):  # already confirmed, or closed: that stays
        found.state = step(State(found.state), Act.CONFIRM)
    found.assignee = found.assignee or by
    found.save(update_fields=["state", "assignee"])
    link = made.get_absolute_url()
    AlertNote.objects.create(alert=found, by=by, at=timezone.now(), act=kind, text=words, link=link)
    audit.record(by, HANDLE, found, words, changes={"state": (before, found.state), "outcome": (None, kind)})
    return made


def _words(act: Act, reason: str) -> str:
    words = reason.strip()
    if act in NEEDS_WORDS and len(words) < 2:
        raise ValidationError({"reason": _("请写明理由")})
    if len(words) > LONGEST:
        raise ValidationError({"reason": _("最多 %d 字") % LONGEST})
    return words


def _whom(act: Act, by: Account, to: Account | None) -> Account | None:
    """Who has it afterwards; None leaves it with whom it is, or with `by` when it is nobody's."""
    if act is Act.ASSIGN:
        if to is None:
            raise ValidationError({"to": _("请选择处理人")})
        return to
    return by if act in (Act.TAKE, Act.REOPEN) else None


def _write(rows: Sequence[Alert], act: Act, by: Account, words: str, whom: Account | None) -> None:
    now = timezone.now()
    taken = _taken(rows) if act is Act.REOPEN else set()
    steps = [_moved(row, act, by, whom, now, taken) for row in rows]
    if act is not Act.NOTE:
        Alert.objects.bulk_update(rows, COLUMNS, batch_size=100)
    AlertNote.objects.bulk_create(
        AlertNote(alert=row, by=by, at=now, act=act.value, text=_note(act, words, whom)) for row in rows
    )
    audit.record_many(by, HANDLE, zip(rows, steps, strict=True), words)


def _note(act: Act, words: str, whom: Account | None) -> str:
    return f"→ {whom.person.name} {words}".strip() if act is Act.ASSIGN and whom else words


def _moved(
    row: Alert, act: Act, by: Account, whom: Account | None, now: datetime, taken: set[tuple[str, str]]
) -> dict[str, tuple[object, object]]:
    """Change one row and say what changed."""
    before = {"state": row.state, "assignee": str(row.assignee_id or "")}
    if act is Act.NOTE:
        return {}
    row.state = step(State(row.state), act).value
    if whom is not None or row.assignee_id is None:
        row.assignee = whom or by
    row.closed = now if row.state in CLOSED else None
    if row.state in DONE_WITH:
        row.live = False
    elif act is Act.REOPEN and (row.rule, row.grouped) not in taken:
        row.live = True
        taken.add((row.rule, row.grouped))
    after = {"state": row.state, "assignee": str(row.assignee_id or "")}
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _taken(rows: Sequence[Alert]) -> set[tuple[str, str]]:
    """The groups of these that another alert stands for by now: what comes in next is counted there."""
    others = Alert.objects.filter(live=True, grouped__in={row.grouped for row in rows})
    return set(others.exclude(pk__in=[row.pk for row in rows]).values_list("rule", "grouped"))
