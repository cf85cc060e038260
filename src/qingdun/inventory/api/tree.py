"""How a program changes the tree of units: through the forms and the actions of the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Schema

from qingdun.access import actions as access
from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.inventory import forms, merging
from qingdun.inventory.api import doors, shapes
from qingdun.inventory.listings import UNITS
from qingdun.inventory.unitpages import restructurable
from qingdun.inventory.views import me
from qingdun.web.machine.lists import one


def create(request: HttpRequest, body: shapes.UnitIn) -> Unit:
    policy.require(request.user, "inventory.edit")
    form = forms.UnitForm(body.dict(), user=request.user)
    made = doors.acted(
        form, lambda: access.create_unit(**form.cleaned_data, since=timezone.localdate(), by=me(request))
    )
    return one(request, UNITS, made.pk)


def rename(request: HttpRequest, pk: int, body: shapes.Renaming) -> Unit:
    unit = restructurable(request, pk)
    form = forms.RenameForm(body.dict())
    doors.acted(form, lambda: access.rename_unit(unit, by=me(request), **form.cleaned_data))
    return one(request, UNITS, pk)


def move(request: HttpRequest, pk: int, body: shapes.Moving) -> Unit:
    unit = restructurable(request, pk)
    form = forms.MoveForm(body.dict(), user=request.user, unit=unit)
    doors.acted(form, lambda: access.move_unit(unit, by=me(request), **form.cleaned_data))
    return one(request, UNITS, pk)


def plan(request: HttpRequest, pk: int, body: shapes.Merging) -> merging.Plan:
    unit, form = _merging(request, pk, body)
    shown: merging.Plan = doors.acted(form, lambda: merging.plan(unit, *_which(form), by=me(request)))
    return shown


def merge(request: HttpRequest, pk: int, body: shapes.Confirmation) -> Unit:
    unit, form = _merging(request, pk, body)
    into = doors.acted(
        form, lambda: merging.merge(unit, *_which(form), by=me(request), reason=body.reason, seen=body.seen)
    )
    return one(request, UNITS, into.pk)


def _merging(request: HttpRequest, pk: int, body: Schema) -> tuple[Unit, forms.MergeForm]:
    unit = restructurable(request, pk)
    return unit, forms.MergeForm(body.dict(), user=request.user, unit=unit)


def _which(form: forms.MergeForm) -> tuple[Any, Any]:
    return form.cleaned_data["into"], form.cleaned_data["on"]
