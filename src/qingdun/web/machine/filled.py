"""A page's form filled by a program: the same choices, the same rules, the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from ninja import Schema

R = TypeVar("R")


def overlaid(form: BaseForm, body: Schema) -> dict[str, Any]:
    """The form's present values with what the program sent on top."""
    return {name: form[name].value() for name in form.fields} | body.dict(exclude_unset=True)


def acted(form: BaseForm, act: Callable[[], R]) -> R:
    """What the act gives when the form holds; else its faults by field, as a refusal."""
    if not form.is_valid():
        raise ValidationError({name: [str(text) for text in texts] for name, texts in form.errors.items()})
    return act()
