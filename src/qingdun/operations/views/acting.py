"""What every page of blocking does the same way: who asks, and a form that acts or says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account
from qingdun.operations.core.guards import NotBlockable
from qingdun.web.forms import add_problems
from qingdun.web.listing import Text

VIEW, BLOCK, MANAGE, STOP = "operations.view", "operations.block", "operations.manage", "operations.stop"


def me(request: HttpRequest) -> Account:
    """The account that asks; the middleware lets nobody else in."""
    return cast(Account, request.user)


def may(request: HttpRequest, permission: str) -> bool:
    """The block list belongs to no unit, so only a grant over the whole platform changes anything."""
    return policy.may(request.user, permission, policy.ROOT)


def require(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied."""
    policy.require(request.user, permission, policy.ROOT)


def done(form: forms.BaseForm, act: Callable[[], Any]) -> bool:
    """Act when the form holds; what the act refuses stands in the form."""
    if not form.is_valid():
        return False
    try:
        act()
    except (NotPossible, NotBlockable) as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        add_problems(form, error)
    else:
        return True
    return False


def submit(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[[], Any],
    title: Text,
    back: str,
    template: str = "operations/form.html",
    said: str = "",
    **more: Any,
) -> HttpResponse:
    """Show the form; when it holds and the act goes through, go back and say so."""
    if done(form, act):
        messages.success(request, said or _("已保存。"))
        return redirect(back)
    return render(request, template, {"form": form, "title": title, "cancel": back, **more})
