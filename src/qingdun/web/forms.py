"""How every form looks: `{{ form }}` is the whole pattern, so no room writes the markup of a field again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseForm, ChoiceField, ModelChoiceField
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Error summary on top with a link to each field; label above, help below, required said in words."""

    form_template_name = "web/parts/form.html"
    field_template_name = "web/parts/field.html"


def add_problems(form: BaseForm, error: ValidationError) -> None:
    """What an action refused, each problem beside its field; above the form when the field is not on it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, problems in error.error_dict.items():
        form.add_error(field if field in form.fields else None, problems)


def offer(form: BaseForm, name: str, choices: Iterable[Any]) -> None:
    """What a field of choices offers in this form. Raises TypeError when the field offers none."""
    field = form.fields[name]
    if not isinstance(field, ChoiceField):
        raise TypeError(f"{name} offers no choices")
    field.choices = list(choices)


def offer_rows(form: BaseForm, name: str, rows: QuerySet[Any], *, by: str | None = None) -> None:
    """The rows a field offers in this form, named by the column `by`. Raises TypeError when it offers none."""
    field = form.fields[name]
    if not isinstance(field, ModelChoiceField):
        raise TypeError(f"{name} offers no rows")
    field.queryset = rows
    field.to_field_name = by or field.to_field_name
