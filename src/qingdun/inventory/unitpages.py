"""Pages that change the tree: a unit gets another name, another parent, or goes into another unit."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.access.actions import move_unit, rename_unit
from qingdun.access.models import Unit
from qingdun.inventory import forms as ours
from qingdun.inventory.merging import Plan, merge, plan
from qingdun.inventory.models import units_open_to
from qingdun.inventory.views import me, submit
from qingdun.web.forms import add_problems

PERMISSION = "inventory.restructure"


def restructurable(request: HttpRequest, pk: int) -> Unit:
    """A unit the reader sees and may change in the tree."""
    policy.require(request.user, PERMISSION)
    unit = get_object_or_404(units_open_to(request.user), pk=pk)
    policy.require(request.user, PERMISSION, unit)
    return unit


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    unit = restructurable(request, pk)
    back = reverse("inventory:unit", args=[pk])
    form = ours.RenameForm(request.POST or None, initial={"name": unit.name, "short_name": unit.short_name})

    def act() -> str:
        rename_unit(unit, by=me(request), **form.cleaned_data)
        return back

    purpose = _("编号不变；原来的名称留在沿革里，仍能搜到。")
    return submit(request, form, act, _("单位更名：%s") % unit, back, purpose=purpose)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    unit = restructurable(request, pk)
    back = reverse("inventory:unit", args=[pk])
    form = ours.MoveForm(request.POST or None, user=request.user, unit=unit)

    def act() -> str:
        move_unit(unit, by=me(request), **form.cleaned_data)
        return back

    purpose = _("连同全部下级一起划转。划转日之前的数字仍算在原来的上级名下；上级的授权从今天起按新位置生效。")
    return submit(request, form, act, _("划转单位：%s") % unit, back, purpose=purpose)


@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked, shown, confirmed: the confirmation carries what was shown, and is refused when that has changed."""
    unit = restructurable(request, pk)
    form = ours.MergeForm(request.POST or None, user=request.user, unit=unit)
    shown: Plan | None = None
    if form.is_valid():
        given = form.cleaned_data
        try:
            if request.POST.get("seen"):
                into = merge(
                    unit, given["into"], given["on"], by=me(request), reason=given["reason"], seen=_seen(request)
                )
                return redirect(reverse("inventory:unit", args=[into.pk]))
            shown = plan(unit, given["into"], given["on"], by=me(request))
        except ValidationError as error:
            add_problems(form, error)
            shown = _again(unit, given, request)
    context = {"unit": unit, "form": form, "plan": shown, "back": reverse("inventory:unit", args=[pk])}
    return render(request, "inventory/merge.html", context)


def _seen(request: HttpRequest) -> str:
    return request.POST.get("seen", "")[:40]


def _again(unit: Unit, given: dict[str, Any], request: HttpRequest) -> Plan | None:
    """The plan as it is now, where there is one."""
    try:
        return plan(unit, given["into"], given["on"], by=me(request))
    except ValidationError:
        return None
