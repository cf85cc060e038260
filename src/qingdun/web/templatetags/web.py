"""Tags and filters of the page patterns; built into every template (see `settings.TEMPLATES`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import lucide
from django import template
from django.template import Context
from django.utils.safestring import SafeString

from qingdun.web import panels as registry
from qingdun.web.listed import written as as_written
from qingdun.web.marks import badge, mark

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """A lucide icon, drawn inline and hidden from screen readers: the words beside it speak."""
    return _drawn(str(name), size)


@lru_cache(maxsize=512)
def _drawn(name: str, size: int) -> SafeString:
    svg: str = lucide._render_icon(name, size, aria_hidden="true", focusable="false", **{"class": "icon"})
    return SafeString(svg)  # our own icons


@register.simple_tag(takes_context=True)
def panels(context: Context, slot: str, subject: Any = None) -> SafeString:
    """What the upper rooms have to say here."""
    return registry.show(context["request"], slot, subject)


@register.filter
def grouped(number: int) -> str:
    """12345 as 12,345, in every language."""
    return f"{number:,}"


@register.filter
def written(value: object) -> SafeString:
    """A moment, a day, a number, a yes or nothing, as it stands in a cell or a fact."""
    return as_written(value)


@register.filter
def trim(text: str) -> SafeString:
    """Already rendered markup without the white space around it, so that an empty part is `:empty`."""
    return SafeString(text.strip())


register.simple_tag(badge)
register.simple_tag(mark)
