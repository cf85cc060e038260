"""Whose an event is: hosts by address and name, sites by domain, and which way it went. Whole columns at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

#: Addresses nobody else on the Internet has (RFC 1918, 6598, 3927, 4193, 4291, loopback): always our own.
PRIVATE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
)
Owner = tuple[int | None, int | None, int | None]  # host, system, unit
_NOBODY: Owner = (None, None, None)


@dataclass(frozen=True)
class Assets:
    """The register as looking needs it. Addresses and names in lower case."""

    addresses: Mapping[str, Owner] = field(default_factory=dict)
    names: Mapping[str, Owner] = field(default_factory=dict)
    sites: Mapping[str, Owner] = field(default_factory=dict)
    networks: tuple[str, ...] = ()

    def dump(self) -> bytes:
        """As a file holds it; the same register gives the same bytes."""
        told: dict[str, Any] = {
            "addresses": self.addresses,
            "names": self.names,
            "sites": self.sites,
            "networks": self.networks,
        }
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def load(cls, text: bytes) -> Assets:
        """From `dump`."""
        told = orjson.loads(text)
        return cls(told["addresses"], told["names"], told["sites"], tuple(told["networks"]))


@lru_cache(maxsize=2)
def read(path: Path) -> Assets:
    """The file's name changes with its content, so one reading is enough."""
    return Assets.load(path.read_bytes())


def locate(events: pl.DataFrame, assets: Assets) -> pl.DataFrame:
    """Fill `qingdun.host`, `.system`, `.unit` and `network.direction`.

    An event is about its target if that is registered, else about its source, else about the host that wrote the line.
    The domain that was asked for tells the system where no target did.
    """
    asked = [
        (assets.addresses, "destination.ip"),
        (assets.sites, "url.domain"),
        (assets.addresses, "source.ip"),
        (assets.names, "host.name"),
        (assets.addresses, "host.name"),
        (assets.names, "log.syslog.hostname"),
        (assets.addresses, "observer.ip"),
    ]
    found = [_owners(events[column], known, column) for known, column in asked if known]
    whose = [series for series in found if series is not None]
    if whose:
        owner = pl.select(pl.coalesce(whose).alias("owner"))["owner"].struct.unnest()
        asked_for = next((one for one, (_known, name) in zip(found, asked, strict=False) if name == "url.domain"), None)
        events = events.with_columns(
            owner["host"].alias("qingdun.host"),
            (owner["system"] if asked_for is None else _system(owner, asked_for)).alias("qingdun.system"),
            owner["unit"].alias("qingdun.unit"),
        )
    return events.with_columns(direction(events["source.ip"], events["destination.ip"], assets))


_OWNER = pl.Struct({"host": pl.Int32, "system": pl.Int32, "unit": pl.Int32})


def _owners(column: pl.Series, known: Mapping[str, Owner], name: str) -> pl.Series | None:
    """The owner of each value, null where there is none; None when no value has one."""
    there = column.drop_nulls().unique()
    values = [value for value in there.to_list() if _key(value, name) in known]
    if not values:
        return None
    told = [known[_key(value, name)] for value in values]
    owners = pl.DataFrame(told, schema={"host": pl.Int32, "system": pl.Int32, "unit": pl.Int32}, orient="row")
    table = owners.to_struct("owner")
    number = column.replace_strict(values, list(range(len(values))), default=None, return_dtype=pl.UInt32)
    return table.gather(number)


def _system(owner: pl.DataFrame, asked_for: pl.Series) -> pl.Series:
    """A host without a system is taken for the one whose site was asked for."""
    return owner["system"].fill_null(asked_for.struct.field("system"))


def _key(value: str, name: str) -> str:
    lowered = value.lower()
    if name != "url.domain":
        return lowered
    host, colon, port = lowered.rpartition(":")
    return host if colon and port in ("80", "443") else lowered


# --- direction ------------------------------------------------------------------------------------------------------


def direction(source: pl.Series, target: pl.Series, assets: Assets) -> pl.Series:
    """inbound, outbound, internal or external. A line without target was written by the target itself: ours."""
    from_us, to_us = _own(source, assets), _own(target, assets).fill_null(value=True)
    return pl.select(
        pl.when(from_us.is_null())
        .then(None)
        .when(from_us & to_us)
        .then(pl.lit("internal"))
        .when(from_us)
        .then(pl.lit("outbound"))
        .when(to_us)
        .then(pl.lit("inbound"))
        .otherwise(pl.lit("external"))
        .alias("network.direction")
    )["network.direction"]


def _own(column: pl.Series, assets: Assets) -> pl.Series:
    """Is the address one of ours? Null where there is none."""
    values = column.drop_nulls().unique()
    if not values.len():
        return pl.repeat(None, column.len(), dtype=pl.Boolean, eager=True)
    return column.replace_strict(values, own(values, assets), default=None, return_dtype=pl.Boolean)


def own(values: pl.Series, assets: Assets) -> pl.Series:
    """Which of these addresses lie in our networks or are registered."""
    number = _numbers(values)
    begin, end = _ranges(assets.networks)
    at = np.searchsorted(begin, number, side="right") - 1
    inside = (at >= 0) & (number <= end[np.maximum(at, 0)]) & (number >= 0)
    registered = [value in assets.addresses for value in values.str.to_lowercase().to_list()]
    held = inside | np.array(registered, bool)
    six = _six(assets.networks)
    for row in np.flatnonzero(number < 0).tolist():  # IPv6, and what is no address
        held[row] = held[row] or _within(values[row], six)
    return pl.Series(held)


def _numbers(values: pl.Series) -> NDArray[np.int64]:
    """IPv4 addresses as numbers, -1 for everything else."""
    parts = values.str.extract_groups(r"^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$").struct.unnest()
    octets = [parts[name].cast(pl.Int64, strict=False) for name in parts.columns]
    number = octets[0] * 16777216 + octets[1] * 65536 + octets[2] * 256 + octets[3]
    return number.fill_null(-1).to_numpy()


@lru_cache(maxsize=8)
def _ranges(networks: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begin and end of our IPv4 ranges, in order, none within another."""
    held = sorted((int(net[0]), int(net[-1])) for net in _networks(networks) if isinstance(net, IPv4Network))
    merged: list[tuple[int, int]] = []
    for begin, end in held:
        if not merged or begin > merged[-1][1]:
            merged.append((begin, end))
        elif end > merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
    return np.array([begin for begin, _end in merged], np.int64), np.array([end for _begin, end in merged], np.int64)


@lru_cache(maxsize=8)
def _six(networks: tuple[str, ...]) -> tuple[IPv6Network, ...]:
    return tuple(net for net in _networks(networks) if isinstance(net, IPv6Network))


def _networks(given: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text, strict=False) for text in (*PRIVATE, *given)]


@lru_cache(maxsize=65536)
def _within(text: str, networks: tuple[IPv6Network, ...]) -> bool:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks)
