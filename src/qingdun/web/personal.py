"""The page behind 显示: asks why, puts it on record, shows one masked value once. No page is stored."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.access.personal import PersonalField, field_of, show
from qingdun.lib.personal import Personal, Unreadable
from qingdun.web.forms import add_problems


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("查看事由"), max_length=200)


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, kind: str, pk: int, name: str) -> HttpResponse:
    thing, field = found(request.user, kind, pk, name)
    form = ReasonForm(request.POST or None)
    clear = ""
    if form.is_valid():
        assert isinstance(request.user, Account)
        try:
            clear = show(thing, name, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_problems(form, error)
        except Unreadable as error:
            form.add_error(None, str(error))
    context = {"thing": thing, "field": field, "form": form, "clear": clear, "mask": getattr(thing, field.attname)}
    return render(request, "web/personal.html", context)


def found(user: Any, kind: str, pk: int, name: str) -> tuple[Model, PersonalField]:
    """The row, which `user` must see, and its column. 404 for others' rows, 403 for who may only see masks."""
    try:
        model: Any = apps.get_model(kind)
    except (LookupError, ValueError):
        raise Http404 from None
    field = field_of(model, name)
    if field is None:
        raise Http404
    policy.require(user, field.permission)
    thing = get_object_or_404(model._default_manager.visible_to(user), pk=pk)
    policy.require(user, field.permission, thing)
    return thing, field


def mark(user: Any, thing: Model, name: str) -> object:
    """The mask as it stands in a fact or a cell, with the way to what it hides for those who may go it."""
    field = field_of(thing, name)
    value = getattr(thing, name)
    if field is None or not isinstance(value, Personal) or not policy.may(user, field.permission, thing):
        return value
    where = reverse("web:personal", args=[thing._meta.label_lower, thing.pk, name])
    words = _("显示%s") % field.verbose_name
    return format_html('{} <a class="reveal" href="{}" aria-label="{}">{}</a>', value, where, words, _("显示"))


def cell(user: Any, thing: Model, name: str) -> SafeString:
    """The same as markup, for templates."""
    return format_html("{}", mark(user, thing, name))
