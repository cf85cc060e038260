"""CAS 2 and 3: the browser brings a ticket, the server says once whose it is."""

from __future__ import annotations

from urllib.parse import urlencode

from qingdun.access.core.cas import identity
from qingdun.access.core.doors import Door
from qingdun.access.doors import NotProven, fetch


def leave_for(door: Door, back: str) -> str:
    """Where the browser goes to sign in; `back` is where it returns with a ticket."""
    return f"{door['server'].rstrip('/')}/login?{urlencode({'service': back})}"


def proven(door: Door, back: str, ticket: str) -> str:
    """The external id this ticket, given for `back`, stands for. Raises NotProven."""
    if not ticket.startswith("ST-") or len(ticket) > 512:
        raise NotProven(f"外部登录 {door.key}：没有票据")
    path = "p3/serviceValidate" if door.id else "serviceValidate"
    asked = urlencode({"service": back, "ticket": ticket})
    found = identity(fetch(door, f"{door['server'].rstrip('/')}/{path}?{asked}"), door.id)
    if not found:
        raise NotProven(f"外部登录 {door.key}：票据无效")
    return found
