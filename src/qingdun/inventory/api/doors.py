"""How a program's request meets the listings, the forms and the actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import HttpError

from qingdun.access import policy
from qingdun.history.models import Change
from qingdun.history.past import end_of, state_at
from qingdun.inventory import actions, coverage
from qingdun.inventory.api.shapes import Retirement
from qingdun.inventory.core.stages import Stage, WrongStage
from qingdun.inventory.forms import FIRST, CoverageForm
from qingdun.inventory.models import System
from qingdun.inventory.views import SYSTEM, Kind, editable, edited, me
from qingdun.web.history import PAGE
from qingdun.web.listing import Listing
from qingdun.web.machine import filled
from qingdun.web.machine.lists import one


def history(request: HttpRequest, listing: Listing[Any], pk: int, page: int) -> list[Change]:
    """What happened to it, the newest first, fifty a page."""
    changes = Change.objects.about(one(request, listing, pk))
    return list(changes[(page - 1) * PAGE : page * PAGE])


def then(request: HttpRequest, listing: Listing[Any], pk: int, on: date) -> dict[str, Any]:
    if not FIRST <= on <= timezone.localdate():
        raise HttpError(422, _("请填写 %s 至今天之间的日期") % FIRST)
    return {"on": on, "columns": state_at(one(request, listing, pk), end_of(on))}


def ratios(request: HttpRequest, on: date | None, unit: str) -> list[coverage.Ratio]:
    policy.require(request.user, "inventory.view")
    asked = {"on": on or timezone.localdate(), "unit": unit}
    form = CoverageForm(asked, user=request.user)
    shown: list[coverage.Ratio] = acted(
        form, lambda: coverage.ratios(request.user, form.cleaned_data["on"], form.cleaned_data["unit"])
    )
    return shown


def create(request: HttpRequest, kind: Kind, body: Schema) -> Any:
    policy.require(request.user, "inventory.edit")
    blank = kind.form(user=request.user)
    form = kind.form(filled.overlaid(blank, body), user=request.user)
    made = acted(form, lambda: actions.register(form.save(commit=False), by=me(request)))
    return one(request, kind.listing, made.pk)


def change(request: HttpRequest, kind: Kind, pk: int, body: Schema) -> Any:
    thing = editable(request, kind, pk)
    form = kind.form(
        filled.overlaid(kind.form(instance=thing, user=request.user), body), instance=thing, user=request.user
    )
    acted(form, lambda: edited(form, me(request)))
    return one(request, kind.listing, pk)


def retire(request: HttpRequest, kind: Kind, pk: int, body: Retirement) -> Any:
    thing = editable(request, kind, pk)
    with _in_words():
        if isinstance(thing, System):
            actions.move(thing, Stage.RETIRED, body.on, by=me(request), reason=body.reason)
        else:
            actions.retire(thing, body.on, by=me(request), reason=body.reason)
    return one(request, kind.listing, pk)


def move(request: HttpRequest, pk: int, stage: Stage, on: date, reason: str) -> System:
    with _in_words():
        moved: System = actions.move(editable(request, SYSTEM, pk), stage, on, by=me(request), reason=reason)
    return moved


def remove(request: HttpRequest, kind: Kind, pk: int, reason: str) -> None:
    thing = editable(request, kind, pk)
    with _in_words():
        actions.remove(thing, by=me(request), reason=reason)


def acted(form: forms.BaseForm, act: Callable[[], Any]) -> Any:
    """A form filled by a program, with a step that is not allowed told in words."""
    with _in_words():
        return filled.acted(form, act)


@contextmanager
def _in_words() -> Iterator[None]:
    """A step that is not allowed, as 422 with its words; a ValidationError is worded by the interface itself."""
    try:
        yield
    except WrongStage as error:
        raise HttpError(422, str(error)) from None
