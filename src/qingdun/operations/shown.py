"""What several pages of blocking show: the kinds of devices, the policies, the stop, what is protected by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun.lib.registry import BrokenContent
from qingdun.operations import guarding
from qingdun.operations import kinds as registry
from qingdun.operations.actions import look
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.models import Block, Enforcer, StopSwitch


@dataclass(frozen=True, slots=True)
class Found:
    """The readable content by key; `problem` names file, key and reason of every fault while anything is broken."""

    found: dict[str, Any]
    problem: str = ""


def english() -> bool:
    return (get_language() or "").startswith("en")


def kinds() -> Found:
    """The kinds of devices, one file each."""
    try:
        return Found(dict(registry.kinds()))
    except BrokenContent as error:
        return Found({}, str(error))


def kind_name(key: str) -> str:
    """What an interface is called; its key while its file is missing or broken."""
    found = kinds().found.get(key)
    return str(named(found)) if found else key


def named(one: Any) -> str:
    """The name of a registry's value in the reader's language."""
    return str(one.english if english() and one.english else one.name)


def stop() -> StopSwitch | None:
    """The stop that stands, if one does."""
    return StopSwitch.objects.filter(stands=True).select_related("by__person").first()


def enforcers_for(direction: str) -> QuerySet[Enforcer]:
    """The devices that will carry a block of that direction."""
    both = Block.Direction.BOTH
    wanted = Q() if direction == both else Q(directions__in=[direction, both])
    return Enforcer.objects.filter(wanted, on=True)


def note(one: Any) -> str:
    """What a registry's value says of itself beside its name."""
    return str(one.english_note if english() and one.english_note else one.note)


@dataclass(frozen=True, slots=True)
class Look:
    """What the guards say of one address, in words: why not, or why by two persons; and the blocks it meets."""

    address: str
    refused: str = ""
    approval: str = ""
    standing: tuple[Block, ...] = ()


def looks(addresses: Iterable[str], direction: str, until: datetime | None) -> list[Look]:
    """Ask the guards about each address; nothing is written."""
    keeper = guarding.Keeper()
    return [_look(one, direction, until, keeper) for one in addresses]


def _look(address: str, direction: str, until: datetime | None, keeper: guarding.Keeper) -> Look:
    try:
        found = look(address, direction, until, keeper=keeper)
    except NotBlockable as error:
        return Look(address, str(error))
    alive = Block.objects.live().filter(address=found.target.text, direction=direction).first()
    met = (alive, found.covered_by, *found.takes_over)
    standing = tuple({one.pk: one for one in met if one is not None}.values())
    refused = found.problem
    if not refused and alive is not None:
        refused = _("已在封禁名单中：%s") % alive.get_state_display()
    return Look(found.target.text, refused, found.second, standing)


def in_words(span: timedelta) -> str:
    """A stretch of time in its largest unit: days, hours or minutes."""
    minutes = max(1, int(span.total_seconds() // 60))
    if minutes >= 48 * 60:
        return _("%d 天") % (minutes // 1440)
    return _("%d 小时") % (minutes // 60) if minutes >= 120 else _("%d 分钟") % minutes
