"""What blocking says on other pages: the stop while it stands, and what became of an attacker's address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from qingdun.access import policy
from qingdun.inventory.core import addresses
from qingdun.operations import guarding, shown
from qingdun.operations.listings.blocks import devices, state_mark, term
from qingdun.operations.models import Block
from qingdun.web.panels import register

FIRST = 3


def stopped(request: HttpRequest, _subject: Any) -> str:
    """The banner, while a stop stands."""
    stop = shown.stop()
    return render_to_string("operations/parts/stopped.html", {"stop": stop}, request=request) if stop else ""


def builtin(request: HttpRequest, _subject: Any) -> str:
    """The ranges that nobody has to enter, with where each comes from."""
    context = {"ranges": [(one.text, one.reason, one.where) for one in guarding.builtin()]}
    return render_to_string("operations/parts/builtin.html", context, request=request)


def of_alert(request: HttpRequest, alert: Any) -> str:
    """Is the attacker of this alert blocked, and if not, the way to block him."""
    return _of_address(request, alert.source, str(alert.pk))


def of_event(request: HttpRequest, event: Any) -> str:
    """The same for one line of the logs."""
    return _of_address(request, str(event.get("source.ip") or ""), "")


def _of_address(request: HttpRequest, address: str, alert: str) -> str:
    keys = addresses.span(address) if address else None
    if keys is None:
        return ""
    found = Block.objects.over(*keys).prefetch_related("placements").order_by("-decided")[:FIRST]
    standing = any(one.state in (Block.State.STANDING, Block.State.WAITING) for one in found)
    may_block = policy.may(request.user, "operations.block", policy.ROOT)
    query = urlencode({"address": address, **({"alert": alert} if alert else {})})
    context = {
        "address": address,
        "blocks": [(one, state_mark(one), term(one), devices(one)) for one in found],
        "block_url": f"{reverse('operations:block_new')}?{query}" if may_block and not standing else "",
    }
    return render_to_string("operations/parts/of_address.html", context, request=request)


register("operations.top", 10, None, stopped)
register("operations.builtin", 10, "operations.view", builtin)
register("detection.alert.side", 30, "operations.view", of_alert)
register("logs.event.side", 30, "operations.view", of_event)
