"""抑制: drafted, measured by replay, put into force, ended. It is the whole city's, so every act asks for the root."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun import audit, notify
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.suppressing import Checked, Refused, check
from qingdun.detection.library import documents, filters
from qingdun.detection.models import Alert, Suppression
from qingdun.history.actions import record
from qingdun.web import jobs

TUNE = "detection.tune"
REPLAY = "detection.replay"
MOST_DAYS = 31  # replayed
LONGEST = timedelta(days=366)
State = Suppression.State


def checked(text: str, besides: Suppression | None = None) -> Checked:
    """Raises ValidationError with the key in the document and the reason."""
    others = [one for one in filters() if besides is None or one.file != f"suppression-{besides.pk}"]
    try:
        return check(text, [*documents(), *others], pipelines())
    except Refused as error:
        words = f"{error.key}：{error}" if error.key else str(error)
        raise ValidationError({"text": words}) from None


@transaction.atomic
def draft(
    text: str, *, by: Account, reason: str, until: date, days: int = 7, title: str = "", alert: Alert | None = None
) -> Suppression:
    """Check a document and have its effect measured; it does not hold yet. Raises PermissionDenied, ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    found = checked(text)
    _reasoned(reason)
    _soon(until)
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError({"days": _("请填写 1 至 %d 天") % MOST_DAYS})
    made = Suppression.objects.create(
        title=(title.strip() or found.filter.title)[:200],
        rules=list(found.filter.rules),
        text=text,
        reason=reason.strip(),
        owner=by,
        alert=alert,
        made=timezone.now(),
        days=days,
        until=until,
    )
    record(by, None, made, reason)
    audit.record(by, TUNE, made, reason)
    jobs.enqueue(REPLAY, by=by, about=str(made.pk))
    return made


@transaction.atomic
def measure(suppression: Suppression, *, by: Account) -> Suppression:
    """Have the effect of a draft measured once more."""
    found = _locked(suppression, by)
    if found.state != State.DRAFT:
        raise ValidationError(_("只有待生效的抑制需要回放"))
    checked(found.text, found)
    try:
        jobs.enqueue(REPLAY, by=by, about=str(found.pk))
    except jobs.AlreadyRunning:
        raise ValidationError(_("回放已在进行")) from None
    audit.record(by, TUNE, found, _("重新回放"))
    return found


@transaction.atomic
def measured(pk: int, effect: dict[str, Any]) -> None:
    """What the replay found, written by its job."""
    Suppression.objects.filter(pk=pk, state=State.DRAFT).update(effect=effect)


@transaction.atomic
def begin(suppression: Suppression, *, by: Account) -> Suppression:
    """Put a measured draft into force: readers take it up within seconds."""
    found = _locked(suppression, by)
    if found.state != State.DRAFT:
        raise ValidationError(_("这条抑制已经生效或结束"))
    if found.effect is None:
        raise ValidationError(_("还没有量出效果：请等回放完成，再决定是否生效"))
    checked(found.text, found)
    _soon(found.until)
    return _moved(found, by, found.reason, state=State.ACTIVE, began=timezone.now())


@transaction.atomic
def end(suppression: Suppression, *, by: Account, reason: str) -> Suppression:
    """From now on the rules speak again; a draft is dropped by it."""
    found = _locked(suppression, by)
    if found.state == State.ENDED:
        raise ValidationError(_("这条抑制已经结束"))
    _reasoned(reason)
    return _moved(found, by, reason.strip(), **_ended(str(by), reason.strip()))


@transaction.atomic
def expire(today: date) -> int:
    """What ran out ends, and its owner is told; drafts that were never put into force go the same way, silently."""
    late = Suppression.objects.exclude(state=State.ENDED).filter(until__lt=today)
    rows = list(late.select_for_update(of=("self",)).select_related("owner"))
    for one in rows:
        was = one.state
        _moved(one, None, _("已到期"), **_ended("", _("已到期")))
        if was == State.ACTIVE:
            title = format_lazy(gettext_lazy("抑制“{title}”已到期，规则恢复告警"), title=one.title)
            notify.send([one.owner], "detection.suppression", title, link=one.get_absolute_url())
    return len(rows)


def _locked(suppression: Suppression, by: Account) -> Suppression:
    policy.require(by, TUNE, policy.ROOT)
    return Suppression.objects.select_for_update(of=("self",)).get(pk=suppression.pk)


def _ended(who: str, reason: str) -> dict[str, Any]:
    return {"state": State.ENDED, "ended": timezone.now(), "ended_by": who[:150], "end_reason": reason}


def _moved(found: Suppression, by: Account | None, reason: str, **changes: Any) -> Suppression:
    before = Suppression.objects.get(pk=found.pk)
    for name, value in changes.items():
        setattr(found, name, value)
    found.save(update_fields=list(changes))
    record(by, before, found, reason)
    audit.record(by, TUNE, found, reason, changes={"state": (before.state, found.state)})
    return found


def _reasoned(reason: str) -> None:
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("请写明理由")})


def _soon(until: date) -> None:
    today = timezone.localdate()
    if not today <= until <= today + LONGEST:
        raise ValidationError({"until": _("请填写今天至一年内的日期")})
