"""How every form looks: `{{ form }}` is the whole pattern, so no room writes the markup of a field again."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Error summary on top with a link to each field; label above, help below, required said in words."""

    form_template_name = "web/parts/form.html"
    field_template_name = "web/parts/field.html"
