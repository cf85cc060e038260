"""Which indicators somebody means who types an address, a network, a domain or anything else."""

from __future__ import annotations

from django.db.models import Q

from qingdun.detection.core import indicators
from qingdun.detection.core.indicators import Kind, Refused
from qingdun.inventory.core.addresses import span


def covering(text: str) -> Q:
    """Those that an event with this value meets; for a network also those within it. Raises ValueError."""
    text = indicators.refang(text)
    try:
        kind = indicators.guess(text)
    except Refused:
        return Q(value__iexact=text)
    match kind:
        case Kind.ADDRESS | Kind.NETWORK:
            return _around(text)
        case Kind.DOMAIN:
            labels = text.lower().strip(".").split(".")
            return Q(kind=Kind.DOMAIN, value__in=[".".join(labels[at:]) for at in range(len(labels))])
        case Kind.URL:
            return Q(kind=Kind.URL, value__in={text, indicators.read(text, Kind.URL).value})
        case Kind.MD5 | Kind.SHA1 | Kind.SHA256:
            return Q(kind=kind, value=text.lower())


def _around(text: str) -> Q:
    found = indicators.network(text)
    above = [str(found.supernet(new_prefix=length)) for length in range(found.prefixlen + 1)]
    names = [str(found.network_address), *above] if found.prefixlen == found.max_prefixlen else above
    exact = Q(value__in=names, kind__in=(Kind.ADDRESS, Kind.NETWORK))
    first, last = span(str(found)) or ("", "")
    return exact if found.num_addresses == 1 else exact | Q(key__gte=first, key__lte=last)
