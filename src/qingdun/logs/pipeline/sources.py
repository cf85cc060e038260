"""Who sent it: finds the logs.Source of every payload, and registers those never heard of before."""

from __future__ import annotations

import time
from collections.abc import Iterable

from qingdun.lib import environment
from qingdun.logs.models import Source
from qingdun.logs.pipeline.batches import Known, Origin, is_loopback, origin
from qingdun.logs.spool import Head

REFRESH_SECONDS = 5
OTHERS = "*"  # the address of the source that stands for all senders beyond the limit


class Sources:
    """The sources by id and by origin, as fresh as `REFRESH_SECONDS`.

    Addresses can be forged and names invented, so at most `QINGDUN_UNKNOWN_SOURCES` appear by themselves; what others
    send is kept and counted under one source each way of coming in.
    """

    def __init__(self) -> None:
        self.limit = environment.number("QINGDUN_UNKNOWN_SOURCES", 1000)
        self._known: dict[Origin | int, Known] = {}
        self._read = float("-inf")

    def for_heads(self, heads: Iterable[Head]) -> dict[Origin | int, Known]:
        """All that a reader needs to name the sources of these payloads."""
        self._refresh()
        wanted = dict.fromkeys(head.source or origin(head) for head in heads)
        found = {key: self._known.get(key) or self._missing(key) for key in wanted}
        if any(known.relay for known in found.values()):
            return found | {k: known for k, known in self._known.items() if isinstance(k, tuple) and k[0] == "syslog"}
        return found

    def id_of(self, via: str, address: str) -> int:
        """The source that what comes from there is counted under."""
        self.register([(via, address)])
        return self._known[via, address].id

    def register(self, origins: Iterable[Origin]) -> None:
        """Make sources of origins that sent something; they wait for a person to claim them."""
        self._refresh()
        for via, address in origins:
            if (via, address) not in self._known:
                self._known[via, address] = self._add(via, address)

    def _refresh(self) -> None:
        if time.monotonic() - self._read < REFRESH_SECONDS:
            return
        self._read = time.monotonic()
        fresh: dict[Origin | int, Known] = {}
        for source in Source.objects.all():
            fresh[source.via, source.address] = fresh[source.pk] = _known(source)
        self._known = {key: known for key, known in self._known.items() if self._is_other(known)} | fresh

    def _is_other(self, known: Known) -> bool:
        return any(self._known.get((via, OTHERS)) == known for via in Source.Via.values)

    def _missing(self, key: Origin | int) -> Known:
        if isinstance(key, int):  # removed after its token was used: what it sent still counts, as another's
            self.register([("http", OTHERS)])
            return self._known["http", OTHERS]
        self.register([key])
        return self._known[key]

    def _add(self, via: str, address: str) -> Known:
        address = address[:200]
        if address != OTHERS and Source.objects.filter(registered=False).count() >= self.limit:
            self.register([(via, OTHERS)])
            return self._known[via, OTHERS]
        name = "其他未登记来源" if address == OTHERS else address[-100:]
        source, _new = Source.objects.get_or_create(via=via, address=address, defaults={"name": name})
        return _known(source)


def _known(source: Source) -> Known:
    relay = source.via == Source.Via.SYSLOG and (source.relay or is_relay(source.address))
    return Known(source.pk, source.format, relay)


def is_relay(address: str) -> bool:
    """Does this sender pass on other devices' lines? This machine itself does, and those in `QINGDUN_RELAYS`."""
    return is_loopback(address) or address in environment.text("QINGDUN_RELAYS").split(",")
