"""How a form of this room meets its action: shown, tried, and what the rules refuse said above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.actions import NotLawful
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account
from qingdun.web.forms import add_problems
from qingdun.web.listing import Text

M = TypeVar("M", bound=Model)


def me(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # the middleware lets nobody else in
    return request.user


def visible(request: HttpRequest, rows: QuerySet[M], pk: int) -> M:
    """One thing this reader may see: 403 for whoever sees none of its kind, 404 for the things of others."""
    policy.require(request.user, "access.view")
    return get_object_or_404(rows, pk=pk)


def submit(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[[], str],
    *,
    title: Text,
    cancel: str,
    done: Text = "",
    template: str = "web/form.html",
    **more: Any,
) -> HttpResponse:
    """Show the form; when it holds, act and go where the act leads. What is refused stands in the form."""
    if request.method == "POST" and form.is_valid():
        try:
            where = act()
        except (NotLawful, NotPossible) as refused:
            form.add_error(None, str(refused))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, str(done) or _("已保存。"))
            return redirect(where)
    return render(request, template, {"form": form, "title": title, "cancel": cancel, **more})
