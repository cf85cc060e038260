"""The history of one thing in words: who changed what from what to what, when and why, and how it looked on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.paginator import Paginator
from django.db.models import Field, ForeignKey, Model
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from qingdun.history.models import Change
from qingdun.history.past import state_at
from qingdun.history.tracking import tracked
from qingdun.web.details import Fact

PAGE = 50  # changes a page


@dataclass(frozen=True, slots=True)
class Line:
    """One column's step."""

    title: object
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    actor: str
    act: str
    name: str
    part: object  # what kind of row it is when it is a part of the thing
    reason: str
    lines: list[Line]


def entries(thing: Model, user: Any, page: int = 1) -> tuple[list[Entry], Any]:
    """One page of what happened to the thing and its parts, newest first, and the page itself. A few queries."""
    found = Paginator(Change.objects.about(thing), PAGE).get_page(page)
    changes = list(found.object_list)
    names = _named(changes, user)
    return [_entry(change, names, thing) for change in changes], found


def facts_at(thing: Model, moment: datetime, user: Any) -> list[Fact] | None:
    """Every column as it was at that moment, in the order of the model; None when it was not entered yet."""
    state = state_at(thing, moment)
    if state is None:
        return None
    fields = [field for field in tracked(type(thing)) if field.attname in state]
    names = _of_keys(((field, state[field.attname]) for field in fields), user)
    return [Fact(field.verbose_name, _words(field, state[field.attname], names)) for field in fields]


Names = Mapping[tuple[type[Model], Any], str]


def _entry(change: Change, names: Names, thing: Model) -> Entry:
    model = _model(change.kind)
    by_column = {field.attname: field for field in tracked(model)} if model else {}
    lines = [
        Line(by_column[name].verbose_name, _words(by_column[name], old, names), _words(by_column[name], new, names))
        for name, (old, new) in change.fields.items()
        if name in by_column
    ]
    part = "" if change.kind == thing._meta.label_lower or model is None else model._meta.verbose_name
    act = change.get_act_display()
    return Entry(
        change.at, change.actor, act, change.name, part, change.reason, [] if change.act == "removed" else lines
    )


def _words(field: Field[Any, Any], value: Any, names: Names) -> object:
    """A stored value as it is shown in a fact."""
    if value is None or value == "":
        return None
    if isinstance(field, ForeignKey):
        return names.get((field.related_model, value), _("（您看不到的记录）"))
    if field.choices:
        return dict(field.flatchoices).get(value, value)
    if isinstance(value, str):
        return (parse_date(value) if len(value) == 10 else None) or _moment(value)
    return "、".join(map(str, value)) if isinstance(value, list) else value


def _moment(text: str) -> object:
    """A moment where the text is one; anything else as it stands."""
    try:
        return (parse_datetime(text) if len(text) > 18 and text[4:5] == "-" else None) or text
    except ValueError:
        return text


def _named(changes: Iterable[Change], user: Any) -> Names:
    pairs = []
    for change in changes:
        model = _model(change.kind)
        fields = {field.attname: field for field in tracked(model)} if model else {}
        pairs += [
            (fields[name], value) for name, both in change.fields.items() if name in fields for value in both if value
        ]
    return _of_keys(pairs, user)


def _of_keys(pairs: Iterable[tuple[Field[Any, Any], Any]], user: Any) -> Names:
    """The names of what foreign keys lead to, a query a model; only what the reader may see where that is limited."""
    wanted: dict[type[Model], set[Any]] = {}
    for field, value in pairs:
        if isinstance(field, ForeignKey) and value is not None:
            wanted.setdefault(field.related_model, set()).add(value)
    names: dict[tuple[type[Model], Any], str] = {}
    for model, keys in wanted.items():
        rows: Any = model._default_manager.all()
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        names |= {(model, row.pk): str(row) for row in rows.filter(pk__in=keys)}
    return names


def _model(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except LookupError:  # a room that is gone
        return None
