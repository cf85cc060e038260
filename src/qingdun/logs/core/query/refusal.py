"""Refusals that stand as they are in Chinese and can be said in the reader's language where there is one."""

from __future__ import annotations

from collections.abc import Callable


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue; this package knows nothing of languages."""
    return text


class Refusal(ValueError):
    """`template` with `values` in it; shown to the person who asked."""

    def __init__(self, template: str, **values: object) -> None:
        self.template, self.values = template, values
        super().__init__(self.said(gettext_noop))

    def said(self, gettext: Callable[[str], str]) -> str:
        return gettext(self.template) % self.values if self.values else gettext(self.template)
