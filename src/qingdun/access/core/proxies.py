"""Whose request is it, when a reverse proxy hands it over? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def parse(text: str) -> tuple[Network, ...]:
    """`10.0.0.5, 10.1.0.0/16` as networks. Raises ValueError, naming the part that is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(_network(part) for part in parts)


def client_of(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The client's address: `peer`, or when that is a trusted proxy the right-most of X-Forwarded-For that is none.

    Each proxy adds on the right whom it heard; what stands further left was written by the client and proves nothing.
    A part that is no address ends the walk: the last proxy that can be trusted is then the answer.
    """
    found = peer
    for part in reversed([*forwarded.split(","), peer] if forwarded else [peer]):
        address = _address(part)
        if address is None:
            return found
        found = str(address)
        if not any(address in network for network in proxies):
            return found
    return found


def trusted(peer: str, proxies: Sequence[Network]) -> bool:
    address = _address(peer)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: bare, `[v6]`, with a port; an IPv4 inside IPv6 is the IPv4."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _network(part: str) -> Network:
    try:
        return ip_network(part, strict=False)
    except ValueError:
        raise ValueError(part) from None
