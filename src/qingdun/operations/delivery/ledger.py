"""What the records say of one device, and writing down what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from qingdun import audit, notify
from qingdun.operations import guarding
from qingdun.operations.actions.weighing import extent
from qingdun.operations.core.guards import NotBlockable, Target, refusal
from qingdun.operations.core.placing import Answer, Drift, Entry, Held, Plan, State, plan
from qingdun.operations.kinds import kinds
from qingdun.operations.models import Block, Enforcer, Placement, Revision, StopSwitch
from qingdun.powers.nightly import holders

ON_DEVICE = (State.PENDING, State.PLACED, State.FAILED, State.LEAVING, State.REFUSED, State.DRY)
_TOLD = 300  # characters of an answer


def situation(enforcer: Enforcer, now: datetime, *, forgets: bool) -> Plan:
    """What the device should be told now. Protected ranges are asked once more, last of all."""
    ways = [enforcer.directions] if enforcer.directions == Block.Direction.BOTH else [enforcer.directions, "both"]
    rows = Block.objects.in_force(now)
    if enforcer.directions != Block.Direction.BOTH:
        rows = rows.filter(direction__in=ways)
    wanted, protected = _permitted([_entry(row) for row in rows])
    placed = Placement.objects.filter(enforcer=enforcer).exclude(state=State.GONE).select_related("block")
    held = [Held(_entry(one.block), one.state, one.told_until, one.tries) for one in placed]
    stopped = StopSwitch.objects.filter(stands=True).exists()
    made = plan(wanted, held, capacity=enforcer.capacity, now=now, stopped=stopped, forgets=forgets)
    return Plan(made.whole, made.again, made.add, made.remove, {**made.marks, **protected}, made.left_out)


def _permitted(entries: list[Entry]) -> tuple[list[Entry], dict[int, Answer]]:
    """What was decided may have become protected since, by a new host in the register for one."""
    targets = {one.id: target for one in entries if (target := _target(one.address))}
    keeper = guarding.Keeper(targets.values())
    kept, refused = list[Entry](), dict[int, Answer]()
    for one in entries:
        target = targets.get(one.id)
        protecting = keeper.protecting(target) if target else None
        if target and protecting is None:
            kept.append(one)
        elif target and protecting:
            refused[one.id] = Answer(State.REFUSED, refusal(target, protecting)[:_TOLD])
    return kept, refused


def write(enforcer: Enforcer, made: Plan, answers: Mapping[int, Answer], now: datetime) -> None:
    """Keep what became of each, and that the device answered."""
    told = {one.id: one.extent.until for one in (*made.add, *made.remove)}
    with transaction.atomic():
        _keep(enforcer, {**made.marks, **answers}, told, now)
        seen: dict[str, Any] = {"left_out": made.left_out}
        if told:
            seen |= {"reached": now, "failure": ""}
        Enforcer.objects.filter(pk=enforcer.pk).update(**seen)


def waiting(enforcer: Enforcer) -> dict[int, str]:
    """The blocks of which the device has been told but has not taken note, by key."""
    rows = Placement.objects.filter(enforcer=enforcer, state__in=[State.PENDING, State.LEAVING], tries__gt=0)
    return dict(rows.values_list("block_id", "state"))


def failed(enforcer: Enforcer, made: Plan, why: str, due: datetime, now: datetime) -> None:
    """The device as a whole did not answer: all of it is tried again at `due`."""
    words = why[:_TOLD]
    answers = {one.id: Answer(State.FAILED, words) for one in made.add}
    answers |= {one.id: Answer(State.LEAVING, words) for one in made.remove}
    with transaction.atomic():
        _keep(enforcer, {**made.marks, **answers}, {}, now, due)
        Enforcer.objects.filter(pk=enforcer.pk).update(failed=now, failure=words, left_out=made.left_out)


def _keep(
    enforcer: Enforcer,
    answers: Mapping[int, Answer],
    told: Mapping[int, datetime | None],
    now: datetime,
    due: datetime | None = None,
) -> None:
    rows = {one.block_id: one for one in Placement.objects.filter(enforcer=enforcer, block__in=list(answers))}
    fresh, changed = list[Placement](), list[Placement]()
    for key, answer in answers.items():
        row = rows.get(key)
        if row is None and answer.state == State.GONE:
            continue
        if row is None:
            row = Placement(enforcer=enforcer, block_id=key)
            fresh.append(row)
        elif (row.state, row.answer) == (answer.state, answer.words) and row.told_until == told.get(
            key, row.told_until
        ):
            continue
        else:
            changed.append(row)
        row.state, row.answer, row.changed, row.due = answer.state.value, answer.words[:_TOLD], now, due
        row.tries = 0 if answer.state == State.PLACED else row.tries + (key in told or due is not None)
        row.told_until = told.get(key, row.told_until)
    Placement.objects.bulk_create(fresh)
    Placement.objects.bulk_update(changed, ["state", "answer", "changed", "due", "tries", "told_until"])


def read_back(enforcer: Enforcer, drift: Drift, now: datetime) -> None:
    """Keep what a reading found; what is missing is told again at the next turn."""
    missing = [one.id for one in drift.missing]
    with transaction.atomic():
        again = Placement.objects.filter(enforcer=enforcer, block__in=missing)
        again.update(state=State.FAILED, answer="核对时不在设备上，补发", changed=now, tries=F("tries") + 1)
        Enforcer.objects.filter(pk=enforcer.pk).update(
            read_back=now,
            reached=now,
            failure="",
            drift=drift.count,
            drift_words=drift.words(),
            foreign=drift.foreign,
            read_wanted=None,
        )
        if drift.count:
            Revision.bump()
            title = f"封禁设备 {enforcer.name} 与名单不一致，已开始修复：{drift.words()}"[:200]
            notify.send(holders("operations.manage"), "operations.drift", title)
            audit.record(None, "operations.block", enforcer, title, changes={"drift": (None, drift.count)})


def placed(enforcer: Enforcer) -> tuple[list[Entry], list[str]]:
    """What stands on the device by our records, and every address we ever placed there."""
    rows = Placement.objects.filter(enforcer=enforcer).select_related("block")
    standing = [_entry(one.block) for one in rows if one.state == State.PLACED]
    return standing, list({one.block.address for one in rows})


def is_known(enforcer: Enforcer) -> bool:
    """Its interface is still among the files."""
    return enforcer.kind in kinds()


def _entry(row: Block) -> Entry:
    by_hand = row.origin != Block.Origin.POLICY
    return Entry(extent(row), row.decided, 1000 * by_hand + min(row.offence, 999), row.reason)


def _target(address: str) -> Target | None:
    try:
        return Target.parse(address)
    except NotBlockable:
        return None
