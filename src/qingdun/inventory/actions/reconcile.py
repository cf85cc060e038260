"""A list is held against the register; what differs becomes tasks: accepted, explained, or closing by themselves.

The same list again changes nothing. Set-based: the register is read once, differences are written in batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account, Unit
from qingdun.history.actions import record_many
from qingdun.inventory.actions.register import change, register, retire
from qingdun.inventory.core import addresses
from qingdun.inventory.core.reconciling import Found, Kind, Known, Seen, compare
from qingdun.inventory.models import Address, Agent, Difference, Host, Snapshot, Zone
from qingdun.inventory.sourcing import Source

BATCH = 1000
REGISTER = "register"  # the source of two units' claims to one address


@transaction.atomic
def take(source: Source, rows: Sequence[Mapping[str, str]], *, by: Account | None, name: str = "") -> Snapshot:
    """Hold a source's rows (under our columns) against the register. Raises ValidationError when none can be read."""
    if by is not None:
        policy.require(by, "inventory.reconcile", policy.ROOT)
    units = dict(Unit.objects.filter(ended=None).values_list("code", "pk"))
    seen = [one for row in rows if (one := _seen(row, units))]
    if not seen:
        raise ValidationError(_("没有一行有可用的地址；请检查地址一列"))
    found = compare(_known(), seen, source.tells, source.compare)
    opened, closed = _write(source.key, _named(found))
    snapshot = Snapshot.objects.create(
        source=source.key,
        at=timezone.now(),
        by="" if by is None else str(by),
        name=name[:200],
        rows=len(rows),
        unread=len(rows) - len(seen),
        found=len(found),
        opened=opened,
        closed=closed,
    )
    audit.record(by, "inventory.reconcile", f"{source.name} × {len(rows)}", name, changes={"found": (closed, opened)})
    return snapshot


def _seen(row: Mapping[str, str], units: Mapping[str, int]) -> Seen | None:
    try:
        address = str(addresses.parse(row.get("address", "")))
    except addresses.NotAnAddress:
        return None
    kept = {column: row[column][:200] for column in ("operating_system", "product") if row.get(column)}
    return Seen(addresses.key(address), address, row.get("name", "")[:100], units.get(row.get("unit", "")), kept)


def _known() -> list[Known]:
    """The register's hosts in service, in two queries."""
    keys: dict[int, list[str]] = {}
    for host, key in Address.objects.values_list("host", "key").iterator(chunk_size=5000):
        keys.setdefault(host, []).append(key)
    columns = ("pk", "unit", "zone", "name", "agent_since", "operating_system")
    return [
        Known(pk, unit, zone, name, tuple(keys.get(pk, ())), since is not None, {"operating_system": system})
        for pk, unit, zone, name, since, system in Host.objects.filter(retired=None).values_list(*columns).iterator()
    ]


def _named(found: Iterable[Found]) -> list[Found]:
    """Units by name where a difference is about them: the core knows only their keys."""
    names: dict[str, str] = {}
    shown = []
    for one in found:
        if one.kind is Kind.DIFFERS and one.values.get("column") == "unit":
            names = names or {str(pk): unit for pk, unit in ((unit.pk, str(unit)) for unit in Unit.objects.all())}
            expected, seen = names.get(one.expected, ""), names.get(one.seen, "")
            one = Found(one.kind, one.key, one.name, one.host, one.unit, expected, seen, one.values)  # noqa: PLW2901
        shown.append(one)
    return shown


def _write(source: str, found: list[Found]) -> tuple[int, int]:
    """New ones in, those that stand freshened, those no longer found closed; how many were opened and closed."""
    now, today = timezone.now(), timezone.localdate()
    standing = {(row.kind, row.key): row for row in Difference.objects.filter(source=source).exclude(state="closed")}
    fresh: list[Difference] = []
    still: list[tuple[Difference, Difference]] = []
    for one in found:
        row = standing.pop((one.kind.value, one.key), None)
        if row is None:
            fresh.append(_new(source, one, now, today))
            continue
        before = copy(row)
        if _freshened(row, one, today):
            still.append((before, row))
    Difference.objects.bulk_create(fresh, batch_size=BATCH)
    record_many(None, ((None, row) for row in fresh), source)
    columns = ["expected", "seen", "values", "unit", "state", "until", "reason"]
    Difference.objects.bulk_update([row for _before, row in still], columns, batch_size=500)
    record_many(None, still, source)
    _close(list(standing.values()), source, today)
    Difference.objects.filter(source=source).exclude(state="closed").update(last_seen=now)
    return len(fresh), len(standing)


def _close(gone: list[Difference], why: str, today: date) -> None:
    """What is no longer so: nobody has to say it."""
    pairs = [(copy(row), row) for row in gone]
    for row in gone:
        row.state, row.closed = Difference.State.CLOSED, today
    Difference.objects.bulk_update(gone, ["state", "closed"], batch_size=500)
    record_many(None, pairs, why)


@transaction.atomic
def sweep(today: date) -> int:
    """What the clock does: explanations that ran out open again, claims to an address that is free now are closed."""
    lapsed = list(Difference.objects.filter(state=Difference.State.EXPLAINED, until__lt=today))
    pairs = [(copy(row), row) for row in lapsed]
    for row in lapsed:
        row.state, row.until, row.reason = Difference.State.OPEN, None, ""
    Difference.objects.bulk_update(lapsed, ["state", "until", "reason"], batch_size=500)
    record_many(None, pairs, _("说明到期"))
    claims = Difference.objects.filter(source=REGISTER).exclude(state="closed")
    held = {
        f"{zone}/{key}/{host}"
        for zone, key, host in Address.objects.filter(host__in=claims.values("host")).values_list("zone", "key", "host")
    }
    free = [row for row in claims if f"{row.key.rpartition('/')[0]}/{row.host_id}" not in held]
    _close(free, _("地址已空出"), today)
    if lapsed or free:
        audit.record(
            None, "inventory.reconcile", _("每日整理"), changes={"open": (0, len(lapsed)), "closed": (0, len(free))}
        )
    return len(lapsed) + len(free)


def _new(source: str, one: Found, now: Any, today: date) -> Difference:
    return Difference(
        source=source,
        kind=one.kind.value,
        key=one.key,
        name=one.name[:200],
        host_id=one.host,
        unit_id=one.unit,
        expected=one.expected[:200],
        seen=one.seen[:200],
        values=dict(one.values),
        since=today,
        last_seen=now,
    )


def _freshened(row: Difference, one: Found, today: date) -> bool:
    """Bring a standing one up to date; an explanation that has run out, or is about something else, opens it again."""
    said = (one.expected[:200], one.seen[:200], dict(one.values), one.unit)
    changed = said != (row.expected, row.seen, row.values, row.unit_id)
    lapsed = row.state == Difference.State.EXPLAINED and (changed or (row.until is not None and row.until < today))
    row.expected, row.seen, row.values, row.unit_id = said
    if lapsed:
        row.state, row.until, row.reason = Difference.State.OPEN, None, ""
    return changed or lapsed


@transaction.atomic
def explain(difference: Difference, reason: str, until: date, *, by: Account) -> Difference:
    """Why it is right as it is, until a day; after that it is open again. Raises ValidationError."""
    found = _standing(difference, by)
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("请写明事由")})
    today = timezone.localdate()
    if not today < until <= today.replace(year=today.year + 1):
        raise ValidationError({"until": _("请填写明天至一年内的日期")})
    before = Difference.objects.get(pk=found.pk)
    found.state, found.reason, found.until, found.decided_by = (
        Difference.State.EXPLAINED,
        reason.strip(),
        until,
        str(by),
    )
    return _decided(before, found, by, reason)


@transaction.atomic
def accept(difference: Difference, *, by: Account, unit: Unit | None = None, zone: str = "") -> Difference:
    """Take the source's word: the register is changed by its own actions, and the difference is gone.

    `unit` and `zone` for a machine that is not registered yet. Raises ValidationError, PermissionDenied.
    """
    found = _standing(difference, by)
    before = Difference.objects.get(pk=found.pk)
    reason = _("对账采纳：%s") % found
    _carry_out(found, by, reason, unit, zone)
    found.state, found.closed, found.decided_by = Difference.State.CLOSED, timezone.localdate(), str(by)
    return _decided(before, found, by, reason)


def _carry_out(found: Difference, by: Account, reason: str, unit: Unit | None, zone: str) -> None:
    host, today = found.host, timezone.localdate()
    if found.kind == Kind.UNREGISTERED:
        _register(found, by, reason, unit, zone)
    elif host is None or host.retired:
        raise ValidationError(_("主机已不在用，下次对账时这条差异会自行消除"))
    elif found.kind == Kind.UNSEEN:
        retire(host, today, by=by, reason=reason)
    elif found.kind == Kind.AGENT_UNREGISTERED:
        register(Agent(host=host, product=found.values.get("product", "")[:60], registered=today), by=by, reason=reason)
    elif found.kind == Kind.AGENT_MISSING:
        for agent in host.agents.filter(retired=None):
            retire(agent, today, by=by, reason=reason)
    elif found.kind == Kind.DIFFERS:
        column, value = found.values["column"], found.values["value"]
        setattr(host, "unit_id" if column == "unit" else column, int(value) if column == "unit" else value)
        change(host, by=by, reason=reason)
    else:
        raise ValidationError(_("地址重复不能直接采纳，请先弄清归谁再修改台账"))


def _register(found: Difference, by: Account, reason: str, unit: Unit | None, zone: str) -> None:
    owner = unit or found.unit
    if owner is None or zone not in Zone.values:
        raise ValidationError(_("请选择归属单位和网络区域"))
    host = Host(
        name=found.values.get("name") or found.values["address"],
        zone=zone,
        address=found.values["address"],
        operating_system=found.values.get("operating_system", "")[:60],
        unit=owner,
    )
    register(host, by=by, reason=reason)


def _standing(difference: Difference, by: Account) -> Difference:
    found = Difference.objects.select_for_update(of=("self",)).get(pk=difference.pk)
    policy.require(by, "inventory.edit", found)
    if found.state == Difference.State.CLOSED:
        raise ValidationError(_("这条差异已经消除"))
    return found


def _decided(before: Difference, after: Difference, by: Account, reason: str) -> Difference:
    after.save()
    record_many(by, [(before, after)], reason)
    audit.record(by, "inventory.edit", after, reason, changes={"state": (before.state, after.state)})
    return after


def claim(host: Host, taken: Host) -> None:
    """Two units say an address is theirs: the second was refused, and the bureau sees both claims."""
    found = Found(
        Kind.DUPLICATE, f"{host.zone}/{host.address_key}/{host.unit_id}", str(host.address), taken.pk, None,
        f"{taken.unit} {taken}", f"{host.unit} {host.name}",
    )  # fmt: skip
    standing = Difference.objects.filter(source=REGISTER, kind=found.kind.value, key=found.key).exclude(state="closed")
    if not standing.exists():
        _new(REGISTER, found, timezone.now(), timezone.localdate()).save()
