"""What protects addresses in this installation: files, settings, the register, our own devices, the protected list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import ip_address

from django.conf import settings as django_settings
from django.utils.translation import gettext as _

from qingdun.inventory.core import addresses
from qingdun.inventory.models import Address, SecurityDevice
from qingdun.lib import environment
from qingdun.lib.command import Unusable
from qingdun.lib.registry import load
from qingdun.logs.models import Source
from qingdun.operations.core import protecting
from qingdun.operations.core.guards import Guard, Limits, NotBlockable, Range, Target
from qingdun.operations.models import Enforcer, Protected

NETWORKS = "QINGDUN_NETWORKS"
AT_ONCE = 500  # keys of a look-up


@cache
def files() -> tuple[protecting.Listed, ...]:
    """The protected ranges that come as files, ours and the city's. Raises BrokenContent."""
    return tuple(load("qingdun.operations.protected", protecting.build, schema=protecting.SCHEMA).values())


@cache
def limits() -> Limits:
    """How wide a block may be in this installation. Raises Unusable."""
    return Limits(
        environment.number("QINGDUN_BLOCK_WIDEST_V4", 24, least=8),
        environment.number("QINGDUN_BLOCK_WIDEST_V6", 64, least=16),
    )


@cache
def networks() -> tuple[Range, ...]:
    """The city's own networks as `QINGDUN_NETWORKS` names them. Raises Unusable."""
    words = environment.text(NETWORKS).replace(",", " ").split()
    try:
        return tuple(Range.of(word, Protected.Kind.OWN, _("本市网络"), NETWORKS) for word in words)
    except NotBlockable as wrong:
        raise Unusable(f"设置 {NETWORKS} 有误：{wrong}；请写网段，如 203.0.113.0/24,2001:db8:10::/48") from None


def builtin() -> list[Range]:
    """What is protected without anybody having entered it, but for the hosts of the register."""
    return [*(one for listed in files() for one in listed.ranges), *networks(), *_ours()]


def ranges() -> list[Range]:
    """Everything that is protected, but for the hosts of the register: they are asked one by one (`Keeper`)."""
    where = _("保护名单")
    entered = Protected.objects.all()
    return [
        *builtin(),
        *(Range(one.first_key, one.last_key, one.address, one.kind, one.reason, where) for one in entered),
    ]


class Keeper:
    """Says whether a target is protected: the ranges are read once, hosts of the register looked up one by one."""

    def __init__(self, expected: Iterable[Target] = ()) -> None:
        """`expected`: single addresses that will be asked for, whose hosts are then found by a few look-ups in all."""
        self._guard = Guard(ranges())
        self._free: set[str] = set()
        keys = [one.first for one in expected if one.is_single]
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            self._free |= set(some) - set(Address.objects.filter(key__in=some).values_list("key", flat=True))

    def protecting(self, target: Target) -> Range | None:
        """What shares an address with the target and is protected, None when nothing is."""
        found = self._guard.protecting(target)
        if found is None and not (target.is_single and target.first in self._free):
            found = _host(target)
        return found


def _host(target: Target) -> Range | None:
    row = Address.objects.filter(key__range=(target.first, target.last)).select_related("host").first()
    if row is None:
        return None
    return Range(row.key, row.key, addresses.text(row.key), Protected.Kind.OWN, _("本市主机 %s") % row.host, _("台账"))


def _ours() -> Iterator[Range]:
    """Addresses without which we would cut off ourselves: devices, enforcers, log sources, proxies, our own names."""
    devices = SecurityDevice.objects.filter(retired=None).values_list("address", "name")
    yield from _each(devices, _("安全设备"), _("台账"))
    enforcers = ((str(one.settings.get("host", "")), one.name) for one in Enforcer.objects.all())
    yield from _each(enforcers, _("封禁设备"), _("封禁设备"))
    sources = Source.objects.filter(registered=True).exclude(via=Source.Via.FILE).values_list("address", "name")
    yield from _each(sources, _("日志设备"), _("日志来源"))
    for proxy in django_settings.PROXIES:
        yield Range.of(str(proxy), Protected.Kind.OWN, _("反向代理"), "QINGDUN_PROXIES")
    yield from _each(((host.strip("[]"), host) for host in django_settings.ALLOWED_HOSTS), _("本平台"), "QINGDUN_HOSTS")


def _each(rows: Iterable[tuple[str, str]], what: str, where: str) -> Iterator[Range]:
    for address, name in rows:
        try:
            ip_address(address)
        except ValueError:
            continue  # a name, not an address
        yield Range.of(address, Protected.Kind.OWN, f"{what} {name}", where)
