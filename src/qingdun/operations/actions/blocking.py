"""What people do with the block list: block, propose, accept, refuse, extend, lift."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import approvals, policy
from qingdun.access.models import Account, Unit
from qingdun.history.actions import record
from qingdun.operations import guarding
from qingdun.operations.actions.weighing import Weighed, hold, look, written
from qingdun.operations.core import terms
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.models import Block, Revision

State = Block.State
MAY = "operations.block"
KIND = "operations.block_wide"
MOST_AT_ONCE = 1000


@transaction.atomic
def block(
    addresses: Iterable[str],
    *,
    by: Account,
    reason: str,
    direction: str = Block.Direction.INBOUND,
    until: datetime | None,
    alert: Any = None,
    origin: str = Block.Origin.PERSON,
) -> list[Block]:
    """Block addresses and networks, all or none; `until` None is until somebody lifts it.

    What is wide or long waits for a second person's approval. Raises PermissionDenied, NotBlockable with a line for
    each address that may not be blocked.
    """
    policy.require(by, MAY, policy.ROOT)
    words = reason_of(reason)
    weighed = _weigh(addresses, direction, until)
    made = [new(one, by=by, reason=words, alert=alert, origin=origin) for one in weighed]
    Revision.bump()
    return made


@transaction.atomic
def propose(
    addresses: Iterable[str],
    *,
    by: Account,
    reason: str,
    direction: str = Block.Direction.INBOUND,
    until: datetime | None,
    alert: Any = None,
) -> list[Block]:
    """Put addresses before others without blocking them. Raises as `block`."""
    policy.require(by, MAY, policy.ROOT)
    words = reason_of(reason)
    return [
        new(one, by=by, reason=words, alert=alert, origin=Block.Origin.PERSON, state=State.PROPOSED)
        for one in _weigh(addresses, direction, until)
    ]


@transaction.atomic
def accept(block: Block, *, by: Account, reason: str = "") -> Block:
    """Let a proposal stand, for the term that was proposed, from now. Raises PermissionDenied, NotBlockable."""
    mine = _taken(block, by, State.PROPOSED)
    now = timezone.now()
    until = None if mine.valid_until is None else now + (mine.valid_until - mine.valid_from)
    weighed = look(mine.address, mine.direction, until, now=now, apart_from=mine)
    if weighed.problem:
        raise NotBlockable(weighed.problem)
    before = copy(mine)
    mine.valid_from, mine.valid_until, mine.offence = now, until, weighed.offence
    if weighed.second:
        mine.state, mine.by = State.WAITING, by
        mine.save()
        _ask(mine, by, reason or mine.reason)
    else:
        mine.state = State.STANDING
        mine.save()
        _take_over(weighed, mine, by)
    return _done(before, mine, by, reason)


@transaction.atomic
def refuse(block: Block, *, by: Account, reason: str) -> Block:
    """Turn a proposal down. Raises PermissionDenied, NotBlockable."""
    mine = _taken(block, by, State.PROPOSED)
    return end(mine, State.REFUSED, by, reason_of(reason))


@transaction.atomic
def lift(block: Block, *, by: Account, reason: str) -> Block:
    """Unblock before the term is over. Raises PermissionDenied, NotBlockable."""
    mine = _taken(block, by, State.STANDING)
    return end(mine, State.LIFTED, by, reason_of(reason))


@transaction.atomic
def extend(block: Block, until: datetime | None, *, by: Account, reason: str) -> Block:
    """Let a standing block last longer; beyond what one person may decide it waits for a second, standing meanwhile.

    Raises PermissionDenied, NotBlockable.
    """
    mine, words = _taken(block, by, State.STANDING), reason_of(reason)
    if mine.valid_until is None or (until is not None and until <= mine.valid_until):
        raise NotBlockable(_("%s 的新期限不比原期限晚") % mine.address)
    if terms.is_long(mine.valid_from, until):
        _ask(mine, by, words, until=until, extends=True)
        return mine
    before = copy(mine)
    mine.valid_until = until
    mine.save(update_fields=["valid_until"])
    return _done(before, mine, by, words)


def agree(block: Block, *, by: Account, reason: str) -> Block:
    """The second person agreed: it stands from now. In the transaction of the decision. Raises NotBlockable."""
    hold()
    mine = Block.objects.get(pk=block.pk)
    if mine.state != State.WAITING:
        raise NotBlockable(_("%s 已不在待审批状态") % mine.address)
    weighed = look(mine.address, mine.direction, mine.valid_until, apart_from=mine)
    if weighed.problem:
        raise NotBlockable(weighed.problem)
    before = copy(mine)
    mine.state, mine.valid_from = State.STANDING, timezone.now()
    mine.save(update_fields=["state", "valid_from"])
    _take_over(weighed, mine, by)
    return _done(before, mine, by, reason)


def agree_longer(block: Block, until: datetime | None, *, by: Account, reason: str) -> Block:
    """The second person agreed to the longer term. Raises NotBlockable when it stands no more."""
    hold()
    mine = Block.objects.get(pk=block.pk)
    if mine.state != State.STANDING:
        raise NotBlockable(_("%s 已不在封禁中") % mine.address)
    before = copy(mine)
    mine.valid_until = until
    mine.save(update_fields=["valid_until"])
    return _done(before, mine, by, reason)


def turn_down(block: Block, *, reason: str) -> None:
    """The request ended without consent: what waited for it is refused."""
    mine = Block.objects.filter(pk=block.pk, state=State.WAITING).first()
    if mine is not None:
        end(mine, State.REFUSED, None, reason)


def expire(now: datetime) -> int:
    """End what is over at `now`, and drop proposals whose time has passed; gives how many."""
    over = Block.objects.filter(state__in=[State.STANDING, State.PROPOSED], valid_until__lte=now)
    if not over.exists():
        return 0
    with transaction.atomic():
        hold()
        rows = list(over.select_for_update())
        for row in rows:
            lapsed = row.state == State.PROPOSED
            row.state = State.LAPSED if lapsed else State.EXPIRED
            row.ended = row.valid_until
            row.ended_why = _("候选逾期无人处理") if lapsed else _("期满自动解封")
        Block.objects.bulk_update(rows, ["state", "ended", "ended_why"])
        Revision.bump()
        audit.record_many(None, MAY, [(row, {"state": (None, row.state)}) for row in rows], _("期满"))
    return len(rows)


def _weigh(addresses: Iterable[str], direction: str, until: datetime | None) -> list[Weighed]:
    """Every address as the guards see it. Raises NotBlockable with a line for each that may not be blocked."""
    hold()
    words = list(dict.fromkeys(word for address in addresses if (word := address.strip())))
    if not 0 < len(words) <= MOST_AT_ONCE:
        raise NotBlockable(_("一次请给出 1 至 %d 个地址") % MOST_AT_ONCE)
    if direction not in Block.Direction.values:
        raise NotBlockable(_("没有“%s”这个方向") % direction)
    keeper, now = guarding.Keeper(), timezone.now()
    found: dict[str, Weighed] = {}
    problems: list[str] = []
    for word in words:
        try:
            one = look(word, direction, until, now=now, keeper=keeper)
        except NotBlockable as wrong:
            problems.append(str(wrong))
            continue
        problem = one.problem or already(one)
        if problem:
            problems.append(problem)
        found[one.target.text] = one
    if problems:
        raise NotBlockable("\n".join(problems))
    return list(found.values())


def already(weighed: Weighed) -> str:
    """One row an address and direction may be alive: name it when it only waits, or stands for a shorter time."""
    alive = Block.objects.live().filter(address=weighed.target.text, direction=weighed.direction).first()
    if alive is None:
        return ""
    if alive.state == State.STANDING:
        return _("%(address)s 已在封禁中（%(until)s），请延长它的期限") % {
            "address": alive.address,
            "until": written(alive.valid_until),
        }
    return _("%(address)s 已在封禁名单中：%(state)s") % {
        "address": alive.address,
        "state": alive.get_state_display(),
    }


def new(weighed: Weighed, *, by: Account, reason: str, alert: Any, origin: str, state: str = "") -> Block:
    """Enter what was weighed: standing, or waiting for a second person; the caller holds the list."""
    now = timezone.now()
    row = Block(
        address=weighed.target.text,
        first_key=weighed.target.first,
        last_key=weighed.target.last,
        direction=weighed.direction,
        origin=origin,
        reason=reason,
        attack=getattr(alert, "attack", ""),
        evidence=list(getattr(alert, "evidence", [])),
        alert=alert,
        by=by,
        state=state or (State.WAITING if weighed.second else State.STANDING),
        decided=now,
        valid_from=now,
        valid_until=weighed.until,
        offence=weighed.offence,
    )
    row.save(force_insert=True)
    if row.state == State.WAITING:
        _ask(row, by, reason)
    elif row.state == State.STANDING:
        _take_over(weighed, row, by)
    audit.record(by, MAY, row, reason, changes=record(by, None, row, reason) or {"state": (None, row.state)})
    return row


def _ask(row: Block, by: Account, reason: str, **longer: Any) -> None:
    until = longer.get("until", row.valid_until)
    asked = {
        "block": row.pk,
        "address": row.address,
        "direction": row.direction,
        "until": until.isoformat() if until else "",
        "extends": longer.get("extends", False),
    }
    root = Unit.objects.get(parent=None)
    title = _("封禁 %(address)s（%(until)s）") % {"address": row.address, "until": written(until)}
    row.approval = approvals.ask(KIND, by=by, unit=root, reason=reason, asked=asked, subject=row, title=title)
    row.save(update_fields=["approval"])


def _take_over(weighed: Weighed, by_row: Block, by: Account | None) -> None:
    for narrow in weighed.takes_over:
        if narrow.pk != by_row.pk:
            end(narrow, State.LIFTED, by, _("并入 %s") % by_row.address)


def _taken(block: Block, by: Account, state: str) -> Block:
    """The row as it is now, held for this transaction. Raises PermissionDenied, NotBlockable."""
    policy.require(by, MAY, policy.ROOT)
    hold()
    mine = Block.objects.select_for_update(of=("self",)).get(pk=block.pk)
    if mine.state != state:
        raise NotBlockable(
            _("%(address)s 现在是“%(state)s”，不能这样做")
            % {"address": mine.address, "state": mine.get_state_display()}
        )
    return mine


def end(mine: Block, state: str, by: Account | None, reason: str) -> Block:
    """Close a row that was taken, with who and why; history and audit with it."""
    before = copy(mine)
    mine.state, mine.ended, mine.ended_by, mine.ended_why = state, timezone.now(), by, reason
    mine.save(update_fields=["state", "ended", "ended_by", "ended_why"])
    return _done(before, mine, by, reason)


def _done(before: Block, after: Block, by: Account | None, reason: str) -> Block:
    Revision.bump()
    audit.record(by, MAY, after, reason, changes=record(by, before, after, reason))
    return after


def reason_of(text: str) -> str:
    """A reason without margins. Raises NotBlockable when there is none."""
    words = text.strip()
    if not words:
        raise NotBlockable(_("请写明理由"))
    return words[:2000]
