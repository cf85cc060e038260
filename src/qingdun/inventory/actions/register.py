from __future__ import annotations

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
from qingdun.history.actions import record
from qingdun.inventory.actions import follow
from qingdun.inventory.actions.bulk import index
from qingdun.inventory.core import addresses
from qingdun.inventory.core.stages import Stage, WrongStage, enter
from qingdun.inventory.models import (
    Address,
    Agent,
    Contact,
    Former,
    Host,
    Protection,
    SecurityDevice,
    Site,
    System,
)

Asset = System | Host | Site | SecurityDevice | Contact | Agent | Protection
A = TypeVar("A", bound=Asset)


def register(asset: A, *, by: Account | None, reason: str = "") -> A:
    """Enter a new thing. `by` None is the platform itself. Raises ValidationError.

    A host refused because another unit holds its address leaves a difference: the bureau sees both claims.
    """
    _permit(by, asset)
    try:
        return _register(asset, by, reason)
    except ValidationError:
        if isinstance(asset, Host) and by is not None:
            _claim(asset)
        raise


def _claim(host: Host) -> None:
    from qingdun.inventory.actions.reconcile import claim  # which accepts differences by these very actions

    try:
        keys = [addresses.key(address) for address in host.addresses]
    except addresses.NotAnAddress:
        return
    rows = Address.objects.filter(zone=host.zone, key__in=keys).exclude(host__unit=host.unit)
    taken = rows.select_related("host__unit").first()
    if taken:
        with transaction.atomic():
            claim(host, taken.host)


@transaction.atomic
def _register(asset: A, by: Account | None, reason: str) -> A:
    check(asset)
    asset.save(force_insert=True)
    _index(asset, by)
    changes = record(by, None, asset, reason)
    follow.cover([(None, asset)], timezone.localdate(), by, reason)
    _recount(asset, by, reason)
    audit.record(by, "inventory.edit", asset, reason, changes=changes)
    return asset


@transaction.atomic
def change(
    asset: A,
    *,
    by: Account,
    reason: str = "",
    on: date | None = None,
    before: A | None = None,
    correcting: bool = False,
) -> A:
    """Save an edited thing; the change holds from `on` (default today). Raises ValidationError.

    Giving it to another unit needs the permission over both. `correcting`: see `follow.arrange`.
    """
    on = on or timezone.localdate()
    held = before or _locked(asset)
    _permit(by, held)
    _permit(by, asset)
    check(asset)
    former = follow.arrange(held, asset, _not_ahead(on), correcting=correcting)
    asset.save(force_update=True)
    changes = record(by, held, asset, reason)
    if not changes:
        return asset
    Former.objects.bulk_create(former)
    _index(asset, by)
    follow.cover([(held, asset)], on, by, reason)
    _recount(asset, by, reason)
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
    change(system, by=by, reason=reason, on=on)
    system.refresh_from_db(fields=["stage"])
    return system


@transaction.atomic
def correct(asset: A, *, by: Account, reason: str) -> A:
    """Set right what was entered wrongly: the figures of the days concerned change with it, and that is the point.

    Raises ValidationError without a reason.
    """
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("更正要写明事由")})
    return change(asset, by=by, reason=reason, correcting=True)


@transaction.atomic
def retire(
    asset: Host | Site | SecurityDevice | Contact | Agent | Protection, on: date, *, by: Account, reason: str
) -> None:
    """Take a thing out of service on a day. It stays in the register; its address or domain becomes free."""
    if _locked(asset).retired:
        raise WrongStage(_("已经停用"))
    if on < asset.registered:
        raise WrongStage(_("停用日期 {on} 早于登记日期 {registered}").format(on=on, registered=asset.registered))
    asset.retired = on
    change(asset, by=by, reason=reason, on=on)


@transaction.atomic
def remove(asset: Asset, *, by: Account, reason: str) -> None:
    """Delete what was entered by mistake; what other records refer to can only be retired. Raises ValidationError."""
    _permit(by, _locked(asset))
    changes, key = record(by, asset, None, reason), asset.pk
    follow.drop(asset, by, reason)
    try:
        asset.delete()
    except ProtectedError as error:
        kinds = "、".join(sorted({str(row._meta.verbose_name) for row in error.protected_objects}))
        raise ValidationError(_("还有{kinds}属于它，不能删除，只能停用").format(kinds=kinds)) from None
    asset.pk = key  # the entry names what is gone
    _recount(asset, by, reason)
    audit.record(by, "inventory.edit", asset, reason, changes=changes)


def _recount(asset: Asset, by: Account | None, reason: str) -> None:
    if isinstance(asset, Agent | Protection):
        follow.recount(asset, by, reason)


def _permit(by: Account | None, asset: Asset) -> None:
    if by is not None:
        policy.require(by, "inventory.edit", asset)


def _locked(asset: A) -> A:
    return cast(A, type(asset)._default_manager.select_for_update(of=("self",)).get(pk=asset.pk))


def _in_use(assets: models.Manager[Any]) -> bool:
    return assets.filter(retired=None).exists()


def _not_ahead(day: date) -> date:
    if day > timezone.localdate():
        raise ValidationError(_("日期不能晚于今天"))
    return day


def check(asset: Asset) -> None:
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
    unit = getattr(asset, "unit", None)
    if unit is not None and unit.ended and asset.retired is None:
        raise ValidationError({"unit": _("{unit}已于 {day} 撤销").format(unit=unit, day=unit.ended)})
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
