"""消息: reaching people. A message stands in the person's own box here; outside goes only a pointer to it.

Not for: official letters (see `documents`), nor for deciding who must be told: each room
decides that for its own events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from qingdun.access.models import Account


def send(
    accounts: Iterable[Account],
    kind: str,
    title: str | Promise,
    *,
    text: str | Promise = "",
    link: str = "",
    outside: str = "",
) -> int:
    """Tell each of `accounts` once, in the caller's transaction: how many were told. Disabled accounts are passed over.

    `kind` is dotted, room first, such as `"audit.checkpoint"`; channels choose by its beginning. `link` is a path of
    ours. What leaves the platform is the title and the link, never `text`; `outside` is added where the meaning of the
    message is that it leaves, as with a signed checkpoint. Raises RuntimeError outside a transaction.
    """
    from qingdun.notify.actions import send as write

    return write(accounts, kind, title, text=text, link=link, outside=outside)
