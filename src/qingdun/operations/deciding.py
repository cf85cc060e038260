"""What becomes of the decisions of policies: rows of the block list. The caller's transaction is the batch's.

Everything counts at the event's own time: a block decided from old events is recorded as decided then, and when its
term is over by now it is recorded as expired and never goes to a device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from qingdun import audit, notify
from qingdun.detection.models import Alert
from qingdun.lib import environment
from qingdun.operations import guarding
from qingdun.operations.actions.weighing import hold
from qingdun.operations.core import terms
from qingdun.operations.core.guards import NotBlockable, Target, refusal
from qingdun.operations.core.policy import Decision
from qingdun.operations.models import Block, Revision, StopSwitch
from qingdun.powers.nightly import holders

State = Block.State
MAY = "operations.block"
MINUTE = timedelta(minutes=1)
TOLD_EVERY = timedelta(minutes=10)
SAME_CONFLICT = timedelta(days=1)  # a protected source is recorded once a day and policy
EVIDENCE = 20


class Deciding:
    """Enters decisions. `rate`: automatic blocks a minute that take effect now; what is beyond is proposed."""

    def __init__(self) -> None:
        self.rate = environment.number("QINGDUN_BLOCK_RATE", 60, least=1)
        self._told: datetime | None = None

    def enter(self, decisions: Sequence[Decision], now: datetime) -> list[Block]:
        """Write what follows from the decisions, protected ranges asked last of all; gives the rows made or raised."""
        hold()
        batch = _Batch(decisions, now, self.rate)
        rows = [row for decision in decisions if (row := batch.row(decision))]
        if rows:
            Revision.bump()
            audit.record_many(None, MAY, [(row, {"state": (None, row.state)}) for row in rows], _("封禁策略"))
        if batch.beyond and (self._told is None or now - self._told >= TOLD_EVERY):
            self._told = now
            _tell(batch.beyond, self.rate)
        return rows


class _Batch:
    """What is asked of the records once for all decisions of a batch."""

    def __init__(self, decisions: Sequence[Decision], now: datetime, rate: int) -> None:
        self.now, self.beyond = now, 0
        self._targets = {one.source: target for one in decisions if (target := _target(one.source))}
        targets = self._targets.values()
        self._keeper = guarding.Keeper(targets)
        self._stopped = StopSwitch.objects.filter(stands=True).exists()
        recent = Block.objects.filter(origin=Block.Origin.POLICY, state=State.STANDING, recorded__gt=now - MINUTE)
        self._left = rate - recent.count()
        self._known: defaultdict[str, list[Block]] = defaultdict(list)
        for row in Block.objects.filter(address__in=[one.text for one in targets]).order_by("pk"):
            self._known[row.address].append(row)
        self._networks = list(Block.objects.in_force(now).filter(address__contains="/"))
        self._alerts = _alerts([one.text for one in targets])

    def row(self, decision: Decision) -> Block | None:
        """The row this decision makes, or the proposal it raises; None when it adds nothing."""
        target = self._targets.get(decision.source)
        if target is None:
            return None
        at = min(decision.at, self.now)  # a device whose clock is ahead blocks nobody for longer
        offence = max(decision.offence, 1 + self._offences(target, decision, at))
        until = at + terms.term(1 + offence - decision.offence, timedelta(minutes=decision.minutes))
        proposal = self._proposal(target, decision)
        if self._is_covered(target, decision, at, apart_from=proposal):
            return None
        state, why = self._state(decision, target, until)
        if proposal is not None and state != State.STANDING:
            return None
        if state == State.CONFLICT and self._said_before(target, decision, at):
            return None
        row = proposal or Block(
            address=target.text, first_key=target.first, last_key=target.last, direction=decision.direction
        )
        return self._write(row, decision, state, at, until, offence, why)

    def _state(self, decision: Decision, target: Target, until: datetime) -> tuple[str, str]:
        """The state it gets, and why it is over where it is over from the beginning."""
        protecting = self._keeper.protecting(target)  # whatever the policy says
        if protecting is not None:
            return State.CONFLICT, refusal(target, protecting)
        if decision.mode == "dry":
            return State.DRY, ""
        over = until <= self.now
        if decision.mode == "propose" or self._stopped:
            return (State.LAPSED, _("按事件时间已过，无需处理")) if over else (State.PROPOSED, "")
        if over:
            return State.EXPIRED, _("按事件时间已到期，未下发")
        if self._left <= 0:
            self.beyond += 1
            return State.PROPOSED, ""
        self._left -= 1
        return State.STANDING, ""

    def _write(
        self, row: Block, decision: Decision, state: str, at: datetime, until: datetime, offence: int, why: str
    ) -> Block:
        row.origin, row.policy, row.reason = Block.Origin.POLICY, decision.policy, decision.reason
        row.attack, row.hits = decision.attack, decision.hits
        row.evidence = [[batch, line, moment.isoformat()] for batch, line, moment in decision.evidence[-EVIDENCE:]]
        row.alert_id = self._alerts.get(row.address)
        row.state, row.decided, row.valid_from, row.valid_until, row.offence = state, at, at, until, offence
        if state in (State.CONFLICT, State.EXPIRED, State.LAPSED):
            row.ended, row.ended_why = (at if state == State.CONFLICT else until), why
        row.save()
        if row not in self._known[row.address]:
            self._known[row.address].append(row)
        return row

    def _of(self, target: Target, decision: Decision) -> list[Block]:
        wanted = (decision.direction, Block.Direction.BOTH)
        return [one for one in self._known[target.text] if one.direction in wanted]

    def _offences(self, target: Target, decision: Decision, at: datetime) -> int:
        counted = (State.EXPIRED, State.STANDING)
        return sum(
            1
            for one in self._of(target, decision)
            if one.state in counted and at - terms.REMEMBERED < one.decided <= at
        )

    def _proposal(self, target: Target, decision: Decision) -> Block | None:
        """A proposal that this decision may raise to a block."""
        if decision.mode != "block" or self._stopped:
            return None
        return next((one for one in self._of(target, decision) if one.state == State.PROPOSED), None)

    def _is_covered(self, target: Target, decision: Decision, at: datetime, apart_from: Block | None) -> bool:
        """Blocked already at that time, or waiting to be: no second."""
        for one in self._of(target, decision):
            if one == apart_from:
                continue
            if one.state in Block.LIVE:
                return True
            if one.state == State.LAPSED and decision.mode == "block":
                continue  # a proposal that was over before anybody saw it: a policy that blocks overtakes it
            held = one.state in (State.EXPIRED, State.DRY, State.REFUSED, State.LAPSED) and one.policy
            if held and one.valid_from <= at and (one.valid_until is None or at < one.valid_until):
                return one.state != State.DRY or decision.mode == "dry"
        wanted = (decision.direction, Block.Direction.BOTH)
        return any(
            net.first_key <= target.first and target.last <= net.last_key and net.direction in wanted
            for net in self._networks
        )

    def _said_before(self, target: Target, decision: Decision, at: datetime) -> bool:
        return any(
            one.state == State.CONFLICT and one.policy == decision.policy and abs(at - one.decided) < SAME_CONFLICT
            for one in self._known[target.text]
        )


def _target(source: str) -> Target | None:
    try:
        return Target.parse(source)
    except NotBlockable:
        return None


def _alerts(addresses: Iterable[str]) -> dict[str, int]:
    """The live alert about each of the sources, the worst of them."""
    rows = Alert.objects.filter(source__in=list(addresses), live=True).order_by("level", "last")
    return dict(rows.values_list("source", "pk"))


def _tell(beyond: int, rate: int) -> None:
    """An officer hears that policies want more than may be blocked by itself: something is unusual."""
    title = _("自动封禁达到每分钟 %(rate)d 条的上限，%(beyond)d 个地址已转为候选") % {"rate": rate, "beyond": beyond}
    try:
        link = reverse("operations:blocks")
    except NoReverseMatch:
        link = ""
    notify.send(holders("operations.block", "operations.manage"), "operations.rate", title, link=link)
