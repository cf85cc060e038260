"""What is our own: an indicator on it would cry at every visitor of our own sites."""

from __future__ import annotations

from bisect import bisect_left

import polars as pl

from qingdun.detection.core.indicators import Kind
from qingdun.inventory.core.addresses import span
from qingdun.inventory.models import Address, Site

_PRIVATE = ("00000000000000000000ffff0a", "00000000000000000000ffffc0a8")  # refused anyway, and nearly all there is


def ours(values: pl.DataFrame) -> list[tuple[str, str]]:
    """Of rows with kind and value those that cover a registered address or the domain of a site: (value, what)."""
    return [*_addresses(values), *_domains(values)]


def _addresses(values: pl.DataFrame) -> list[tuple[str, str]]:
    rows = Address.objects.exclude(key__startswith=_PRIVATE[0]).exclude(key__startswith=_PRIVATE[1])
    known = sorted(rows.values_list("key", flat=True).distinct())
    found = []
    for value in _of(values, Kind.ADDRESS, Kind.NETWORK) if known else ():
        first, last = span(value) or ("", "")
        at = bisect_left(known, first)
        if at < len(known) and known[at] <= last:
            found.append((value, "本单位登记的地址"))
    return found


def _domains(values: pl.DataFrame) -> list[tuple[str, str]]:
    known = set()
    for domain in Site.objects.filter(retired=None).values_list("domain", flat=True):
        labels = domain.lower().split(".")
        known |= {".".join(labels[at:]) for at in range(len(labels) - 1)}
    return [(value, "本单位网站的域名") for value in _of(values, Kind.DOMAIN) if value in known] if known else []


def _of(values: pl.DataFrame, *kinds: Kind) -> list[str]:
    return values.filter(pl.col("kind").is_in([kind.value for kind in kinds]))["value"].to_list()
