"""Which addresses may be blocked at all. Protected ranges are asked last, whatever a policy or a person says. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import accumulate

from qingdun.inventory.core.addresses import NotAnAddress, parse, span

Network = IPv4Network | IPv6Network

MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291 §2.5.5.2: IPv4 in IPv6 clothes


class NotBlockable(ValueError):
    """The address may not be blocked; the text says which rule refuses it and is shown as it stands."""


@dataclass(frozen=True, slots=True)
class Target:
    """封禁对象: one address or one network, as it is always written, with the keys of its first and last address."""

    text: str
    first: str
    last: str
    version: int
    prefix: int

    @property
    def is_single(self) -> bool:
        return self.prefix == (32 if self.version == 4 else 128)

    @classmethod
    def parse(cls, text: str) -> Target:
        """Raises NotBlockable when the text is neither an address nor a network that begins where it says."""
        network = _network(text.strip())
        bare = network.prefixlen == network.max_prefixlen
        written = str(network.network_address) if bare else str(network)
        keys = span(written)
        if keys is None:
            raise NotBlockable(f"“{text}”不是 IP 地址或网段")
        return cls(written, *keys, network.version, network.prefixlen)


@dataclass(frozen=True, slots=True)
class Limits:
    """The widest networks that may be blocked, and by two persons only; wider ones never."""

    widest_v4: int = 24
    widest_v6: int = 64

    def refuse(self, target: Target) -> None:
        """Raises NotBlockable when the target is wider than anybody may block."""
        widest = self.widest_v4 if target.version == 4 else self.widest_v6
        if target.prefix < widest:
            raise NotBlockable(f"{target.text} 太宽：IPv{target.version} 最宽只能封 /{widest}")


@dataclass(frozen=True, slots=True)
class Range:
    """受保护的地址: a network or address never to be blocked, why, and where that is said."""

    first: str
    last: str
    text: str
    kind: str  # a value of Protected.Kind
    reason: str
    where: str  # which list says so: built in, a setting, the register, the protected list

    @classmethod
    def of(cls, text: str, kind: str, reason: str, where: str) -> Range:
        """Raises NotBlockable when the text is neither an address nor a network."""
        target = Target.parse(text)
        return cls(target.first, target.last, target.text, kind, reason, where)

    def words(self) -> str:
        return f"{self.text}（{self.reason}，{self.where}）"


class Guard:
    """Finds what protects an address among many ranges: one binary search, however they lie in each other."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = sorted(ranges, key=lambda one: (one.first, one.last))
        self._firsts = [one.first for one in self._ranges]
        self._reach = list(accumulate((one.last for one in self._ranges), max))  # the furthest end so far

    def protecting(self, target: Target) -> Range | None:
        """A range that shares an address with the target, the narrowest of them; None when there is none."""
        at = bisect_right(self._firsts, target.last) - 1
        found: list[Range] = []
        while at >= 0 and self._reach[at] >= target.first:
            if self._ranges[at].last >= target.first:
                found.append(self._ranges[at])
            at -= 1
        return min(found, key=lambda one: int(one.last, 16) - int(one.first, 16), default=None)


def refusal(target: Target, by: Range) -> str:
    """Why the target is not blocked, naming the part of it that is protected."""
    if by.first <= target.first and target.last <= by.last:
        return f"{target.text} 属于受保护的 {by.words()}，不得封禁"
    return f"{target.text} 中含有受保护的 {by.words()}，不得封禁"


def _network(text: str) -> Network:
    if "/" not in text:
        try:
            if "%" in text:
                raise NotAnAddress(text)
            return ip_network(parse(text))
        except NotAnAddress:
            raise NotBlockable(f"“{text}”不是 IP 地址或网段") from None
    try:
        network = ip_network(text)
    except ValueError:
        raise NotBlockable(_meant(text)) from None
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def _meant(text: str) -> str:
    """What is wrong with a network; host bits are most often a slip, so the network that holds it is named."""
    try:
        return f"“{text}”不是网段的起始地址，是否指 {ip_network(text, strict=False)}"
    except ValueError:
        return f"“{text}”不是 IP 地址或网段"
