"""How every form looks: `{{ form }}` is the whole pattern, so no room writes the markup of a field again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.forms import BaseForm
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
