"""The text a firewall fetches: one address or network a line, nothing else.

Comments are handled differently from maker to maker, so there are none. The forms differ in how a single host is
written; each name is what the setting `form` of a device holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def _bare(network: Network) -> str:
    """A host without a prefix, a network in CIDR form."""
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


#: FortiOS reads addresses, networks in CIDR form and ranges; PAN-OS shows hosts with their prefix in its own examples.
FORMS: Mapping[str, Callable[[Network], str]] = {"plain": _bare, "fortigate": _bare, "panos": str}


def text(addresses: Iterable[str], form: str = "plain", most: int | None = None) -> str:
    """Every address once, in the order of their numbers, ending in a line break; empty when there is none.

    With more than `most` addresses, the first `most` as given are kept: give the most important first. Raises KeyError
    for a form that does not exist, ValueError for what is no address.
    """
    write = FORMS[form]
    kept = list(dict.fromkeys(ip_network(one) for one in addresses))[:most]
    kept.sort(key=lambda one: (one.version, int(one.network_address), one.prefixlen))
    return "".join(f"{write(one)}\n" for one in kept)


def tag(content: bytes) -> str:
    """The ETag of a feed: the same list has the same tag on every machine and after every restart."""
    return f'"{sha256(content).hexdigest()[:32]}"'
