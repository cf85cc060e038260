"""What the doors must know of the register of sources: whose token it is, which files to follow."""

from __future__ import annotations

import hmac
import logging
import time
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from django.db import DatabaseError, InterfaceError, connection

from qingdun.logs.models import Source

REFRESH_SECONDS = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """Files of one source: a path, a folder (all files in it) or a pattern with `*`."""

    source: int
    pattern: str


class Directory:
    """The register as it was at most `REFRESH_SECONDS` ago, or when the database was last there. For threads."""

    def __init__(self) -> None:
        self.known = False  # until the register has been read once
        self.followed: tuple[Followed, ...] = ()
        self._tokens: dict[str, int] = {}
        self._lock = Lock()
        self._read = float("-inf")

    def source_of(self, token: str) -> int | None:
        """The source whose token this is. A token not known is looked up afresh, once a second at most."""
        digest = sha256(token.encode()).hexdigest()
        for after in (REFRESH_SECONDS, 1.0):
            self.refresh(after)
            for stored, source in self._tokens.items():
                if hmac.compare_digest(stored, digest):
                    return source
        return None

    def refresh(self, after: float | None = None) -> None:
        """Read the register again if it was last read more than `after` (`REFRESH_SECONDS`) seconds ago."""
        with self._lock:
            if time.monotonic() - self._read < (REFRESH_SECONDS if after is None else after):
                return
            self._read = time.monotonic()
            try:
                rows = list(Source.objects.filter(registered=True).values_list("pk", "via", "address", "token_digest"))
            except (DatabaseError, InterfaceError) as error:
                log.error("读不到来源登记，沿用上次的：%s", error)
                return
            finally:
                connection.close()  # whichever thread asked: none keeps one that the server may have dropped
            self._tokens = {digest: pk for pk, _via, _address, digest in rows if digest}
            self.followed = tuple(Followed(pk, address) for pk, via, address, _ in rows if via == "file" and address)
            self.known = True
