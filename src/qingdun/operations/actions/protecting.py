"""The protected list, the stop switch, and what a policy may do by itself."""

from __future__ import annotations

from copy import copy

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.history.actions import record
from qingdun.operations.actions.blocking import State, end, reason_of
from qingdun.operations.actions.weighing import hold
from qingdun.operations.core.guards import NotBlockable, Target
from qingdun.operations.models import Block, PolicySetting, Protected, Revision, StopSwitch

MANAGE = "operations.manage"
STOP = "operations.stop"


@transaction.atomic
def protect(address: str, kind: str, reason: str, *, by: Account) -> Protected:
    """Enter an address or network that is never blocked; what stands against it is lifted at once.

    Raises PermissionDenied, NotBlockable when it is no address, or entered already.
    """
    policy.require(by, MANAGE, policy.ROOT)
    words, target = reason_of(reason), Target.parse(address)
    if kind not in Protected.Kind.values:
        raise NotBlockable(_("没有“%s”这个类别") % kind)
    hold()
    row = Protected(
        address=target.text, first_key=target.first, last_key=target.last, kind=kind, reason=words[:200], by=by
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise NotBlockable(_("%s 已在保护名单中") % target.text) from None
    for block in Block.objects.filter(state=State.STANDING).over(target.first, target.last):
        end(block, State.LIFTED, by, _("已列入保护名单：%s") % target.text)
    changes = record(by, None, row, words)
    Revision.bump()
    audit.record(by, MANAGE, row, words, changes=changes)
    return row


@transaction.atomic
def unprotect(protected: Protected, *, by: Account, reason: str) -> None:
    """Take an entry off the protected list. Raises PermissionDenied, NotBlockable without a reason."""
    policy.require(by, MANAGE, policy.ROOT)
    words = reason_of(reason)
    hold()
    row = Protected.objects.select_for_update(of=("self",)).get(pk=protected.pk)
    changes, key = record(by, row, None, words), row.pk
    row.delete()
    row.pk = key  # the entry names what is gone
    audit.record(by, MANAGE, row, words, changes=changes)


@transaction.atomic
def set_mode(policy_key: str, mode: str, *, by: Account, reason: str) -> PolicySetting:
    """Switch a policy off, to trial, to proposing or to blocking. Raises PermissionDenied, NotBlockable."""
    policy.require(by, MANAGE, policy.ROOT)
    words = reason_of(reason)
    if mode not in PolicySetting.Mode.values:
        raise NotBlockable(_("没有“%s”这种方式") % mode)
    hold()
    row = PolicySetting.objects.filter(policy=policy_key).first()
    before = copy(row)
    row = row or PolicySetting(policy=policy_key)
    row.mode, row.by, row.reason = mode, by, words[:200]
    row.save()
    audit.record(by, MANAGE, row, words, changes=record(by, before, row, words))
    return row


@transaction.atomic
def stop(*, by: Account, reason: str) -> StopSwitch:
    """急停: from now nothing is blocked by itself and nothing new goes to any device; removals still go.

    Raises PermissionDenied, NotBlockable when it stands already.
    """
    policy.require(by, STOP, policy.ROOT)
    words = reason_of(reason)
    hold()
    if (standing := StopSwitch.objects.filter(stands=True).first()) is not None:
        raise NotBlockable(_("已由 %(who)s 于 %(since)s 急停") % {"who": standing.by, "since": _local(standing)})
    row = StopSwitch.objects.create(by=by, reason=words[:200])
    Revision.bump()
    audit.record(by, STOP, row, words, changes=record(by, None, row, words))
    return row


@transaction.atomic
def resume(*, by: Account, reason: str) -> StopSwitch:
    """End the stop: what was decided meanwhile goes to the devices. Raises PermissionDenied, NotBlockable."""
    policy.require(by, MANAGE, policy.ROOT)
    words = reason_of(reason)
    hold()
    row = StopSwitch.objects.filter(stands=True).first()
    if row is None:
        raise NotBlockable(_("现在没有急停"))
    before = copy(row)
    row.stands, row.ended, row.ended_by = False, timezone.now(), by
    row.save()
    Revision.bump()
    audit.record(by, STOP, row, words, changes=record(by, before, row, words))
    return row


def _local(row: StopSwitch) -> str:
    return timezone.localtime(row.since).strftime("%Y-%m-%d %H:%M")
