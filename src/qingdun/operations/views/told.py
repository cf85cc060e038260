"""What the page of one block tells: facts, why it is there, the lines that led to it, what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.models import Approval
from qingdun.detection.models import Alert
from qingdun.logs.search import Key
from qingdun.operations import policing
from qingdun.operations.models import Block
from qingdun.web.details import Event, Fact

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facts(block: Block, user: Any) -> list[Fact]:
    alert = _alert(block, user)
    return [
        Fact(_("地址"), block.address, code=True),
        Fact(_("方向"), block.get_direction_display()),
        Fact(_("来由"), block.get_origin_display()),
        Fact(_("策略"), _policy(block), href=_policy_url(block)),
        Fact(_("攻击类别"), policing.attack_name(block.attack)),
        Fact(_("攻击次数"), block.hits),
        Fact(_("告警"), alert, href=reverse("detection:alert", args=[alert.pk]) if alert else ""),
        Fact(_("第几次"), block.offence),
        Fact(_("起"), block.valid_from),
        Fact(_("止"), block.valid_until or _("长期")),
        Fact(_("提出人"), block.by.person if block.by else _("平台")),
        Fact(_("审批"), block.approval, href=_approval_url(block, user)),
    ]


def why(block: Block) -> str:
    """The reason as it was recorded, with the counted values where a policy decided."""
    return block.reason


def lines(block: Block, user: Any) -> list[tuple[datetime, str]]:
    """The events that led here: when, and where the line is; only for readers of logs."""
    if not policy.may(user, "logs.search"):
        return []
    return [_line(batch, row, datetime.fromisoformat(at)) for batch, row, at in block.evidence]


def _line(batch: str, row: int, at: datetime) -> tuple[datetime, str]:
    key = Key((at - EPOCH) // timedelta(microseconds=1), batch, row)
    return at, reverse("logs:event", args=[str(key)])


def events(block: Block, user: Any) -> list[Event]:
    """What happened to it, the newest first."""
    return [one for one in _events(block, user) if one.at is not None][::-1]


def _events(block: Block, user: Any) -> Iterator[Event]:
    who = str(block.by.person) if block.by else _("平台")
    yield Event(_("提出"), block.decided, who, _("记录于 %s") % f"{localtime(block.recorded):%Y-%m-%d %H:%M}")
    if block.approval:
        yield Event(
            _("审批：%s") % block.approval.get_state_display(),
            block.approval.ended,
            href=_approval_url(block, user),
        )
    for one in sorted(block.placements.select_related("enforcer"), key=lambda one: one.changed):
        yield Event(f"{one.enforcer}：{one.get_state_display()}", one.changed, text=one.answer)
    if block.ended:
        by = str(block.ended_by.person) if block.ended_by else _("平台")
        yield Event(str(block.get_state_display()), block.ended, by, block.ended_why)


def _alert(block: Block, user: Any) -> Alert | None:
    """The alert, for those who may see it."""
    return Alert.objects.visible_to(user).filter(pk=block.alert_id).first() if block.alert_id else None


def _policy(block: Block) -> str:
    return policing.policy_name(block.policy)


def _policy_url(block: Block) -> str:
    return reverse("operations:policy", args=[block.policy]) if block.policy in policing.policies().found else ""


def _approval_url(block: Block, user: Any) -> str:
    """The approval's page, for those who may see it."""
    one = block.approval
    seen = one is not None and Approval.objects.visible_to(user).filter(pk=one.pk).exists()
    return str(one.get_absolute_url()) if one is not None and seen else ""
