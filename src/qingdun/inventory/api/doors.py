"""How a program's request meets the listings, the forms and the actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import HttpError
from ninja.errors import ValidationError as Unprocessable

from qingdun.access import policy
from qingdun.history.models import Change
from qingdun.history.past import end_of, state_at
from qingdun.inventory import actions
from qingdun.inventory.api.shapes import Retirement, Turn
from qingdun.inventory.core.stages import Stage, WrongStage
from qingdun.inventory.forms import FIRST
from qingdun.inventory.models import System
from qingdun.inventory.views import SYSTEM, Kind, editable, me
from qingdun.web.asked import Asked
from qingdun.web.history import PAGE
from qingdun.web.listing import Listing, M


def page(request: HttpRequest, listing: Listing[Any], turn: Turn) -> dict[str, Any]:
    """Asked for, narrowed and ordered as the list page does it."""
    policy.require(request.user, listing.permission)
    asked = Asked.read(request.GET, listing)
    try:
        rows = asked.narrow(listing.rows(request.user), listing)
    except ValueError as error:
        raise HttpError(422, str(error)) from None
    if listing.states and asked.state:
        rows = rows.filter(**{listing.states.field: asked.state})
    ordered = rows.order_by(*asked.order(listing)).select_related(*listing.related)
    start = (turn.page - 1) * turn.size
    return {
        "total": rows.count(),
        "page": turn.page,
        "size": turn.size,
        "rows": list(ordered[start : start + turn.size]),
    }


def one(request: HttpRequest, listing: Listing[M], pk: int) -> M:
    policy.require(request.user, listing.permission)
    return get_object_or_404(listing.rows(request.user).select_related(*listing.related), pk=pk)


def history(request: HttpRequest, listing: Listing[Any], pk: int, page: int) -> list[Change]:
    """What happened to it, the newest first, fifty a page."""
    changes = Change.objects.about(one(request, listing, pk))
    return list(changes[(page - 1) * PAGE : page * PAGE])


def then(request: HttpRequest, listing: Listing[Any], pk: int, on: date) -> dict[str, Any]:
    if not FIRST <= on <= timezone.localdate():
        raise HttpError(422, _("请填写 %s 至今天之间的日期") % FIRST)
    return {"on": on, "columns": state_at(one(request, listing, pk), end_of(on))}


def create(request: HttpRequest, kind: Kind, body: Schema) -> Any:
    policy.require(request.user, "inventory.edit")
    blank = kind.form(user=request.user)
    form = kind.form(_overlaid(blank, body), user=request.user)
    made = _acted(form, lambda: actions.register(form.save(commit=False), by=me(request)))
    return one(request, kind.listing, made.pk)


def change(request: HttpRequest, kind: Kind, pk: int, body: Schema) -> Any:
    thing = editable(request, kind, pk)
    form = kind.form(_overlaid(kind.form(instance=thing, user=request.user), body), instance=thing, user=request.user)
    _acted(form, lambda: actions.change(form.save(commit=False), by=me(request)))
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


def _overlaid(form: forms.BaseForm, body: Schema) -> dict[str, Any]:
    """The form's present values with what the program sent on top."""
    return {name: form[name].value() for name in form.fields} | body.dict(exclude_unset=True)


def _acted(form: forms.BaseForm, act: Callable[[], Any]) -> Any:
    if not form.is_valid():
        raise Unprocessable([_fault(name, str(text)) for name, texts in form.errors.items() for text in texts])
    with _in_words():
        return act()


@contextmanager
def _in_words() -> Iterator[None]:
    """What an action refuses, as 422 with its words."""
    try:
        yield
    except WrongStage as error:
        raise HttpError(422, str(error)) from None
    except ValidationError as error:
        named = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        raise Unprocessable([_fault(name, text) for name, texts in named.items() for text in texts]) from None


def _fault(name: str, text: str) -> dict[str, Any]:
    return {"loc": ["body", name] if name.strip("_") else ["body"], "msg": text, "type": "refused"}
