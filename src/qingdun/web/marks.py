"""Small marks used in cells and headings: badges and state marks. Never by colour alone."""

from __future__ import annotations

from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString

Tone = Literal["plain", "brand", "ok", "warn", "bad", "severe"]
Shape = Literal["circle", "square", "diamond", "triangle", "ring"]


def badge(text: object, tone: Tone = "plain") -> SafeString:
    """A word in a box, e.g. a level or a severity."""
    return format_html('<span class="badge badge-{}">{}</span>', tone, text)


def mark(text: object, shape: Shape = "circle", tone: Tone = "plain") -> SafeString:
    """A state: a word behind a sign whose shape differs from state to state as its colour does."""
    return format_html('<span class="mark mark-{} mark-{}">{}</span>', shape, tone, text)


def pair(main: object, below: object) -> SafeString:
    """Two lines in one cell: what it is, and where it belongs."""
    return format_html('{}<span class="below">{}</span>', main, below)
