"""How an explained condition is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from qingdun.detection.core.parts import Part, short
from qingdun.detection.wording_parts import told

register = template.Library()


@register.filter
def lookup(given: Mapping[str, Any], name: str) -> Any:
    """A value under a name with dots in it."""
    return given.get(name, "")


@register.inclusion_tag("detection/parts/part.html")
def explained(part: Part) -> dict[str, Any]:
    """The tree of one rule and one event, shortened to what decides."""
    return {"lines": list(told(short(part)))}
