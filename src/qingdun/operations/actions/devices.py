"""What people do with blocking devices: enter, change, give a token, ask for a reading, answer a work order."""

from __future__ import annotations

from copy import copy
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.history.actions import record
from qingdun.operations.actions.blocking import MAY, reason_of
from qingdun.operations.actions.protecting import MANAGE
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.kinds import kinds
from qingdun.operations.models import Enforcer, Placement, Revision


@transaction.atomic
def add_enforcer(enforcer: Enforcer, *, by: Account, reason: str = "") -> Enforcer:
    """Enter a device. Raises PermissionDenied, ValidationError by field."""
    policy.require(by, MANAGE, policy.ROOT)
    _check(enforcer)
    enforcer.save(force_insert=True)
    Revision.bump()
    audit.record(by, MANAGE, enforcer, reason, changes=record(by, None, enforcer, reason))
    return enforcer


@transaction.atomic
def change_enforcer(enforcer: Enforcer, *, by: Account, reason: str) -> Enforcer:
    """Save what a person changed of a device; its interface stays. Raises PermissionDenied, ValidationError."""
    policy.require(by, MANAGE, policy.ROOT)
    before = Enforcer.objects.select_for_update().get(pk=enforcer.pk)
    now = copy(before)
    for name in ("name", "settings", "directions", "capacity", "on", "dry_run"):
        setattr(now, name, getattr(enforcer, name))
    _check(now)
    now.save(update_fields=["name", "settings", "directions", "capacity", "on", "dry_run"])
    Revision.bump()
    audit.record(by, MANAGE, now, reason, changes=record(by, before, now, reason))
    return now


@transaction.atomic
def new_token(enforcer: Enforcer, *, by: Account) -> str:
    """A fresh token with which the device fetches its list, shown once; the old one ends. Raises PermissionDenied."""
    policy.require(by, MANAGE, policy.ROOT)
    row, token = Enforcer.objects.select_for_update().get(pk=enforcer.pk), token_urlsafe(32)
    row.token_digest = sha256(token.encode()).hexdigest()
    row.save(update_fields=["token_digest"])
    Revision.bump()
    audit.record(by, MANAGE, row, _("新的取用令牌"))
    return token


@transaction.atomic
def read_back(enforcer: Enforcer, *, by: Account | None) -> None:
    """Ask the enforcing process to compare what stands on the device with what should. Raises PermissionDenied."""
    if by is not None:
        policy.require(by, MAY, policy.ROOT)
    Enforcer.objects.filter(pk=enforcer.pk).update(read_wanted=timezone.now())
    Revision.bump()
    if by is not None:
        audit.record(by, MAY, enforcer, _("核对设备"))


@transaction.atomic
def retry(placement: Placement, *, by: Account) -> None:
    """Send it again at once, what a device refused included. Raises PermissionDenied."""
    policy.require(by, MAY, policy.ROOT)
    again = Placement.objects.filter(pk=placement.pk, state__in=[Placement.State.FAILED, Placement.State.REFUSED])
    again.update(state=Placement.State.PENDING, tries=0, due=None, changed=timezone.now())
    Revision.bump()
    audit.record(by, MAY, placement.block, _("重试下发：%s") % placement.enforcer)


@transaction.atomic
def answer(placement: Placement, done: bool, text: str, *, by: Account) -> Placement:
    """Enter what a person did on a device without interface. Raises PermissionDenied, NotBlockable."""
    policy.require(by, MAY, policy.ROOT)
    row = Placement.objects.select_for_update(of=("self",)).select_related("enforcer", "block").get(pk=placement.pk)
    state = Placement.State
    if row.enforcer.kind not in kinds() or kinds()[row.enforcer.kind].mechanism != "work_order":
        raise NotBlockable(_("只有人工工单由人填写结果"))
    if row.state not in (state.PENDING, state.LEAVING):
        raise NotBlockable(_("这张工单现在不等结果"))
    before, words = copy(row), text.strip() if done else reason_of(text)
    leaving = row.state == state.LEAVING
    if done:
        row.state = state.GONE if leaving else state.PLACED
        row.told_until = row.block.valid_until
    elif not leaving:
        row.state = state.REFUSED
    row.answer, row.changed = (f"{by}：{words}" if words else f"{by}")[:300], timezone.now()
    row.save()
    Revision.bump()
    audit.record(by, MAY, row.block, words, changes={"state": (before.state, row.state)})
    return row


def _check(enforcer: Enforcer) -> None:
    errors: dict[str, Any] = {}
    if enforcer.kind not in kinds():
        raise ValidationError({"kind": _("没有“%s”这种接口") % enforcer.kind})
    if wrong := kinds()[enforcer.kind].check(enforcer.settings):
        errors["settings"] = [words for _key, words in wrong]
    if enforcer.capacity < 1:
        errors["capacity"] = _("容量至少为 1")
    if errors:
        raise ValidationError(errors)
    enforcer.full_clean()
