"""What this room's keys are called on pages: attack classes, and rules of the book with what to do next."""

from __future__ import annotations

from django.utils.translation import get_language

from qingdun.detection.book import Entry, book
from qingdun.detection.classes import classes


def attack_name(key: str) -> str:
    """In the reader's language; a class whose file is gone keeps its key."""
    found = classes().get(key)
    return found.title(get_language()) if found else key


def attack_options() -> list[tuple[str, str]]:
    return [(key, one.title(get_language())) for key, one in classes().items()]


def entry(rule: str) -> Entry | None:
    """What the book says of a rule; None when its file is gone, or when no rule but a look-back raised the alert."""
    return book().get(rule.lower())


def next_steps(rule: str) -> str:
    """What the duty officer does next, in the reader's language."""
    found = entry(rule)
    if found is None:
        return ""
    return found.next_en if found.next_en and get_language() == "en" else found.next
