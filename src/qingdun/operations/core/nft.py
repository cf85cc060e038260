"""The words nftables is told: a table of our own, four sets whose elements leave by themselves. Pure.

An element cannot be changed in place, so one that changes is deleted and added again (wiki.nftables.org, Element
timeouts). A script is one transaction: all of it holds, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from qingdun.operations.core.placing import Entry

TABLE = "inet qingdun"
SETS = {("inbound", 4): "in4", ("inbound", 6): "in6", ("outbound", 4): "out4", ("outbound", 6): "out6"}
#: Before connection tracking: what is blocked costs nothing more, and open connections end too.
SETUP = f"""add table {TABLE}
add set {TABLE} in4 {{ type ipv4_addr; flags interval,timeout; }}
add set {TABLE} in6 {{ type ipv6_addr; flags interval,timeout; }}
add set {TABLE} out4 {{ type ipv4_addr; flags interval,timeout; }}
add set {TABLE} out6 {{ type ipv6_addr; flags interval,timeout; }}
add chain {TABLE} arriving {{ type filter hook prerouting priority -300; policy accept; }}
add chain {TABLE} leaving {{ type filter hook output priority -300; policy accept; }}
flush chain {TABLE} arriving
flush chain {TABLE} leaving
add rule {TABLE} arriving ip saddr @in4 counter drop
add rule {TABLE} arriving ip6 saddr @in6 counter drop
add rule {TABLE} arriving ip daddr @out4 counter drop
add rule {TABLE} arriving ip6 daddr @out6 counter drop
add rule {TABLE} leaving ip daddr @out4 counter drop
add rule {TABLE} leaving ip6 daddr @out6 counter drop
"""


def whole(entries: Iterable[Entry], now: datetime) -> str:
    """Everything anew in one transaction: no moment in which less is blocked."""
    flush = "".join(f"flush set {TABLE} {name}\n" for name in SETS.values())
    return SETUP + flush + _elements("add", entries, now)


def step(add: Sequence[Entry], remove: Iterable[Entry], again: Iterable[Entry], now: datetime) -> str:
    """Only what changes. `again` are those of `add` that stand already with another end."""
    return _elements("delete", [*remove, *again], now) + _elements("add", add, now)


def sets_of(entry: Entry) -> list[str]:
    """The sets an entry belongs in, one or for both directions two."""
    version = 6 if ":" in entry.address else 4
    both = entry.extent.direction == "both"
    return [SETS[way, version] for way in ("inbound", "outbound") if both or way == entry.extent.direction]


def standing(listed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(set, address) of every element in what `nft -j list table inet qingdun` prints."""
    for item in listed.get("nftables", ()):
        for element in item.get("set", {}).get("elem", ()):
            value = element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element
            yield item["set"]["name"], _written(value)


def _elements(verb: str, entries: Iterable[Entry], now: datetime) -> str:
    by_set: dict[str, list[str]] = {}
    for one in entries:
        end = _timeout(one, now) if verb == "add" else ""
        if end is not None:
            for name in sets_of(one):
                by_set.setdefault(name, []).append(one.address + end)
    return "".join(f"{verb} element {TABLE} {name} {{ {', '.join(them)} }}\n" for name, them in by_set.items())


def _timeout(entry: Entry, now: datetime) -> str | None:
    """How much longer it stays; None when it is over."""
    if entry.extent.until is None:
        return ""
    left = int((entry.extent.until - now).total_seconds() * 1000)
    return f" timeout {_written_time(left)}" if left > 0 else None


def _written_time(milliseconds: int) -> str:
    """In parts, since nft takes no number of more than eight digits here."""
    seconds, rest = divmod(milliseconds, 1000)
    days, seconds = divmod(seconds, 86400)
    return f"{days}d{seconds}s{rest}ms" if days else f"{seconds}s{rest}ms"


def _written(value: Any) -> str:
    match value:
        case {"prefix": {"addr": address, "len": length}}:
            return f"{address}/{length}"
        case {"range": [first, last]}:
            return f"{first}-{last}"
        case _:
            return str(value)
