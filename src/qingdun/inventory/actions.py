"""The only doors through which the register changes: permit, save, audit, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.inventory.core import addresses
from qingdun.inventory.core.stages import Stage, WrongStage, enter
from qingdun.inventory.models import Address, Contact, Host, SecurityDevice, Site, System
from qingdun.lib.personal import same

Asset = System | Host | Site | SecurityDevice | Contact
A = TypeVar("A", bound=Asset)

Changes = dict[str, tuple[object, object]]


@transaction.atomic
def register(asset: A, *, by: Account | None, reason: str = "") -> A:
    """Enter a new system, host, site or device. `by` None is the platform itself. Raises ValidationError."""
    _permit(by, asset)
    _check(asset)
    asset.save(force_insert=True)
    _index(asset, by)
    audit.record(by, "inventory.edit", asset, reason, changes=_changes(None, asset))
    return asset


@transaction.atomic
def change(asset: A, *, by: Account, reason: str = "") -> A:
    """Save an edited asset. Moving it to another unit needs the permission over both. Raises ValidationError."""
    before = _locked(asset)
    _permit(by, before)
    _permit(by, asset)
    _check(asset)
    changes = _changes(before, asset)
    if not changes:
        return asset
    asset.save(force_update=True)
    _index(asset, by)
    audit.record(by, "inventory.edit", asset, reason, changes=changes)
    return asset


@transaction.atomic
def move(system: System, stage: Stage, on: date, *, by: Account, reason: str = "") -> System:
    """Bring a system to a stage (`core.stages.enter`). Out of service only when nothing of it runs any more."""
    before = _locked(system)
    dates = enter({step: getattr(before, step) for step in Stage}, stage, on)
    if stage is Stage.RETIRED and (_in_use(before.hosts) or _in_use(before.sites)):
        raise WrongStage(_("系统下还有在用的主机或互联网应用，请先停用它们"))
    for step, day in dates.items():
        setattr(system, step, day)
    change(system, by=by, reason=reason)
    system.refresh_from_db(fields=["stage"])
    return system


@transaction.atomic
def retire(asset: Host | Site | SecurityDevice | Contact, on: date, *, by: Account, reason: str) -> None:
    """Take an asset out of service on a day. It stays in the register; its address or domain becomes free."""
    if _locked(asset).retired:
        raise WrongStage(_("已经停用"))
    if on < asset.registered:
        raise WrongStage(_("停用日期 {on} 早于登记日期 {registered}").format(on=on, registered=asset.registered))
    asset.retired = on
    change(asset, by=by, reason=reason)


@transaction.atomic
def remove(asset: Asset, *, by: Account, reason: str) -> None:
    """Delete what was entered by mistake; what other records refer to can only be retired. Raises ValidationError."""
    _permit(by, _locked(asset))
    changes, key = _changes(asset, None), asset.pk
    try:
        asset.delete()
    except ProtectedError as error:
        kinds = "、".join(sorted({str(row._meta.verbose_name) for row in error.protected_objects}))
        raise ValidationError(_("还有{kinds}属于它，不能删除，只能停用").format(kinds=kinds)) from None
    asset.pk = key  # the entry names what is gone
    audit.record(by, "inventory.edit", asset, reason, changes=changes)


def index(hosts: Iterable[Host]) -> None:
    """Write the address index of hosts that have none yet (bulk entry)."""
    Address.objects.bulk_create(
        (
            Address(host=host, zone=host.zone, key=addresses.key(address))
            for host in hosts
            if host.retired is None
            for address in host.addresses
        ),
        batch_size=1000,
    )


def _permit(by: Account | None, asset: Asset) -> None:
    if by is not None:
        policy.require(by, "inventory.edit", asset)


def _locked(asset: A) -> A:
    return cast(A, type(asset)._default_manager.select_for_update(of=("self",)).get(pk=asset.pk))


def _in_use(assets: models.Manager[Any]) -> bool:
    return assets.filter(retired=None).exists()


def _check(asset: Asset) -> None:
    """A register holds what is, so no day in it lies ahead: today's list and today's figure are the same rows."""
    if isinstance(asset, Host):
        asset.address_key = addresses.key(str(asset.address))
    today = timezone.localdate()
    late = {
        field.name: _("日期不能晚于今天")
        for field in asset._meta.concrete_fields
        if type(field) is models.DateField and (day := getattr(asset, field.attname)) and day > today
    }
    if late:
        raise ValidationError(late)
    asset.full_clean()


def _index(asset: Asset, by: Account | None) -> None:
    """Keep the address index of one host. Raises ValidationError when another host has the address.

    That host is named to those who may see it; to others it is another unit's.
    """
    if not isinstance(asset, Host):
        return
    asset.address_rows.all().delete()
    keys = {addresses.key(address): address for address in asset.addresses}
    taken = Address.objects.filter(zone=asset.zone, key__in=keys).select_related("host__unit").first()
    if taken and asset.retired is None:
        field = "address" if taken.key == asset.address_key else "further"
        known = by is None or policy.may(by, "inventory.view", taken.host)
        words = _("{address} 已由主机 {host} 使用") if known else _("{address} 已由其他单位的主机使用")
        problem = words.format(address=keys[taken.key], host=taken.host)
        raise ValidationError({field: problem})
    index([asset])


def _changes(before: Asset | None, after: Asset | None) -> Changes:
    """Field by field what it was and what it becomes, unchanged fields left out."""
    shown = after or before
    assert shown is not None
    pairs = {
        field.attname: (_value(before, field), _value(after, field))
        for field in shown._meta.concrete_fields
        if not field.primary_key and not field.generated
    }
    return {name: pair for name, pair in pairs.items() if not same(*pair)}


def _value(asset: Asset | None, field: models.Field[object, object]) -> object:
    if asset is None:
        return None
    value = getattr(asset, field.attname)
    return None if value == "" else value
