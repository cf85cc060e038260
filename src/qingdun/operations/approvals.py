"""What an agreed wide or long block does, and what its decider is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from qingdun.access.approvals import NotPossible, carries_out, describes, lets_go
from qingdun.access.approvals.registry import Line
from qingdun.access.models import Account, Approval
from qingdun.operations import actions
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.models import Block

KIND = actions.KIND


@carries_out(KIND)
def stand(approval: Approval) -> None:
    """Let it stand, asking the guards again: what was free when it was asked for may be protected now."""
    row, by = _block(approval), _decider(approval)
    reason = f"{_('审批')} {approval.pk}：{approval.reason}"
    try:
        if approval.asked["extends"]:
            text = approval.asked["until"]
            actions.agree_longer(row, datetime.fromisoformat(text) if text else None, by=by, reason=reason)
        else:
            actions.agree(row, by=by, reason=reason)
    except NotBlockable as refused:
        raise NotPossible(str(refused)) from None


@lets_go(KIND)
def let_go(approval: Approval) -> None:
    row = Block.objects.filter(pk=approval.asked["block"]).first()
    if row is not None and not approval.asked["extends"]:
        actions.turn_down(row, reason=f"{_('审批')} {approval.pk}：{approval.get_state_display()}")


@describes(KIND)
def facts(approval: Approval) -> Iterable[Line]:
    row, asked = _block(approval), approval.asked
    until = datetime.fromisoformat(asked["until"]) if asked["until"] else None
    yield _("地址"), row.address, _address_of(row)
    yield _("方向"), row.get_direction_display(), ""
    yield _("期限"), actions.written(until), ""
    yield _("第几次"), row.offence, ""
    yield _("来由"), row.get_origin_display(), ""
    yield _("依据"), row.reason, ""


def _address_of(row: Block) -> str:
    try:
        return reverse("operations:block", args=[row.pk])
    except NoReverseMatch:
        return ""


def _block(approval: Approval) -> Block:
    row = Block.objects.filter(pk=approval.asked["block"]).first()
    if row is None:
        raise NotPossible(_("这条封禁已不存在"))
    return row


def _decider(approval: Approval) -> Account:
    last = approval.decisions.filter(verdict="agree").select_related("by__person", "on_behalf__person").latest("pk")
    return last.on_behalf or last.by
