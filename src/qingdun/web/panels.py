"""What an upper room adds to a lower room's page. Rooms register in their own `panels.py`; nobody imports upwards.

A page opens a slot with `{% panels "inventory.host" object %}`. A panel that fails shows one line and is logged; it
never takes the page with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from qingdun.access import policy

logger = logging.getLogger("qingdun.web")

Render = Callable[[HttpRequest, Any], str]


@dataclass(frozen=True, slots=True)
class Panel:
    """`render(request, subject)` gives safe HTML, empty when it has nothing to say there."""

    slot: str
    order: int
    permission: str | None
    render: Render


_panels: dict[str, list[Panel]] = {}


def register(slot: str, order: int, permission: str | None, render: Render) -> None:
    """Show `render` in `slot` to readers who hold `permission` over the slot's subject (anywhere without one)."""
    _panels.setdefault(slot, []).append(Panel(slot, order, permission, render))
    _panels[slot].sort(key=lambda panel: panel.order)


def show(request: HttpRequest, slot: str, subject: Any = None) -> SafeString:
    """All panels of a slot that this reader may see, one after the other."""
    parts = (_one(panel, request, subject) for panel in _panels.get(slot, []) if _open(panel, request.user, subject))
    return format_html_join("\n", "{}", ((part,) for part in parts if part.strip()))


def _open(panel: Panel, user: Any, subject: Any) -> bool:
    return panel.permission is None or policy.may(user, panel.permission, subject)


def _one(panel: Panel, request: HttpRequest, subject: Any) -> str:
    try:
        return panel.render(request, subject)
    except Exception:
        logger.exception("panel of slot %s failed: %r", panel.slot, panel.render)
        return render_to_string("web/parts/panel_failed.html", request=request)
