"""What the global search finds of blocking: an address or a network, and whatever block covers it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from qingdun.inventory.core import addresses
from qingdun.operations.listings.blocks import BLOCKS, address_of, state_word
from qingdun.web.finders import LIMIT, Hit, register


def blocks(user: Any, words: str) -> list[Hit]:
    """An address finds every block that covers it; other words are looked for in reasons."""
    keys, rows = addresses.span(words), BLOCKS.rows(user)
    found = rows.over(*keys) if keys else rows.filter(reason__icontains=words)  # type: ignore[attr-defined]
    first = found.order_by("-decided")[:LIMIT]
    return [Hit(one.address, f"{state_word(one)} · {one.reason[:60]}", address_of(one)) for one in first]


register(pgettext_lazy("list", "封禁名单"), "operations.view", blocks, 70)
