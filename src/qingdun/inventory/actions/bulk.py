"""Thousands of things at once, for imports, reconciliation and the sample: a fixed number of queries a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.audit.rows import create, insert
from qingdun.history.actions import record_many
from qingdun.history.tracking import changed
from qingdun.inventory.actions import follow
from qingdun.inventory.core import addresses
from qingdun.inventory.models import Address, Former, Host

BATCH = 1000


@transaction.atomic
def enter(rows: Sequence[Any], *, by: Account | None, reason: str = "", audited: bool = True) -> Sequence[Any]:
    """Enter new rows of one kind. The caller has checked each (`clean_fields`); the database keeps what is unique.

    `audited` False: the caller records the act himself, once for all batches, as his transaction's last step.

    Raises PermissionDenied when one belongs to a unit that `by` may not edit, ValidationError for an address in use.
    """
    if not rows:
        return rows
    _permit(by, rows)
    for row in rows:
        if isinstance(row, Host):
            row.address_key = addresses.key(str(row.address))
    _refuse_taken([row for row in rows if isinstance(row, Host) and row.retired is None])
    create(rows)
    index(row for row in rows if isinstance(row, Host))
    record_many(by, ((None, row) for row in rows), reason)
    follow.cover([(None, row) for row in rows], timezone.localdate(), by, reason)
    if audited:
        _audit(by, rows, reason, 0)
    return rows


@transaction.atomic
def change_many(
    pairs: Sequence[tuple[Any, Any]],
    *,
    by: Account | None,
    reason: str = "",
    on: date | None = None,
    audited: bool = True,
) -> int:
    """Save edited rows of one kind, each with what it was before; gives how many changed. Otherwise as `enter`."""
    on = on or timezone.localdate()
    for _before, after in pairs:
        if isinstance(after, Host):
            after.address_key = addresses.key(str(after.address))
    former = [one for before, after in pairs for one in follow.arrange(before, after, on)]
    steps = [(before, after, fields) for before, after in pairs if (fields := changed(before, after))]
    if not steps:
        return 0
    _permit(by, [row for before, after, _fields in steps for row in (before, after)])
    moved = [after for _b, after, fields in steps if {"address", "further", "zone", "retired"} & fields.keys()]
    _unindex(moved)
    model = type(steps[0][1])
    names = {name for _b, _a, fields in steps for name in fields}
    names |= {"address_key", "agent_last_seen"} if model is Host else set()
    _write(model, [after for _b, after, _f in steps], names)
    if model is Host:
        _refuse_taken([host for host in moved if host.retired is None])
        index(moved)
    Former.objects.bulk_create(former, batch_size=BATCH)
    record_many(by, [(before, after) for before, after, _fields in steps], reason)
    follow.cover([(before, after) for before, after, _fields in steps], on, by, reason)
    if audited:
        _audit(by, [after for _b, after, _f in steps], reason, len(steps))
    return len(steps)


def index(hosts: Iterable[Host]) -> None:
    """Write the address index of hosts that have none yet."""
    insert(
        Address,
        ("host_id", "zone", "key"),
        [
            (host.pk, host.zone, addresses.key(address))
            for host in hosts
            if host.retired is None
            for address in host.addresses
        ],
    )


def _write(model: Any, rows: list[Any], columns: set[str]) -> None:
    """Only those columns, as an upsert: an UPDATE with a branch a row costs ten times as much."""
    names = sorted({model._meta.get_field(column).name for column in columns})
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["pk"], update_fields=names, batch_size=BATCH
    )


def _unindex(hosts: list[Any]) -> None:
    for start in range(0, len(hosts), BATCH):
        Address.objects.filter(host__in=[host.pk for host in hosts[start : start + BATCH]]).delete()


def _refuse_taken(hosts: list[Host]) -> None:
    """Raise ValidationError naming the first address that another host, or another row, already has."""
    wanted: dict[tuple[str, str], str] = {}
    for host in hosts:
        for address in host.addresses:
            place = (host.zone, addresses.key(address))
            if place in wanted:
                raise ValidationError(_("{address} 在同一网络区域出现了两次").format(address=address))
            wanted[place] = address
    keys = [key for _zone, key in wanted]
    for start in range(0, len(keys), BATCH):
        for place in Address.objects.filter(key__in=keys[start : start + BATCH]).values_list("zone", "key"):
            if place in wanted:
                raise ValidationError(_("{address} 已由其他主机使用").format(address=wanted[place]))


def _permit(by: Account | None, rows: Iterable[Any]) -> None:
    if by is None:
        return
    held = policy.scope(by, "inventory.edit")
    for row in rows:
        if not held.covers(row.unit_path):
            raise PermissionDenied(_("没有权限：%s") % _("登记台账"))


def _audit(by: Account | None, rows: Sequence[Any], reason: str, before: int) -> None:
    name = str(type(rows[0])._meta.verbose_name)
    audit.record(by, "inventory.edit", f"{name} × {len(rows)}", reason, changes={"rows": (before, len(rows))})
