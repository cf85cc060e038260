"""Which columns are history, and how their values are written down."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Model

from qingdun.history.core.walk import State, difference
from qingdun.lib.personal import Personal, same

Changes = dict[str, tuple[Any, Any]]


@cache
def tracked(model: type[Model]) -> tuple[models.Field[Any, Any], ...]:
    """Every stored column but the key, what the database computes, and what `model.untracked` names with a reason."""
    left_out = getattr(model, "untracked", {})
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and not getattr(field, "generated", False) and field.name not in left_out
    )


def values(row: Model) -> State:
    """Column → value; empty text counts as nothing, a personal value as its mask, days and moments in ISO form."""
    return {field.attname: _value(row, field) for field in tracked(type(row))}


def changed(before: Model | None, after: Model | None) -> Changes:
    """What differs between two states of a row; None is a row that does not exist (yet, or any more)."""
    pairs: Changes = difference(values(before) if before else None, values(after) if after else None)
    if before is None or after is None:
        return pairs
    for field in tracked(type(after)):  # two numbers may hide behind one mask
        one, other = getattr(before, field.attname), getattr(after, field.attname)
        if isinstance(one, Personal) and isinstance(other, Personal) and not same(one, other):
            pairs[field.attname] = (str(one), str(other))
    return pairs


def about(row: Model) -> tuple[str, int]:
    """The thing on whose page the row's changes stand: `model.part_of` names the column that leads there."""
    leads = getattr(row, "part_of", "")
    if not leads:
        return row._meta.label_lower, row.pk
    field: Any = row._meta.get_field(leads)
    return field.related_model._meta.label_lower, getattr(row, field.attname)


def _value(row: Model, field: models.Field[Any, Any]) -> Any:
    value = getattr(row, field.attname)
    if isinstance(value, Personal):
        return str(value)
    if value is None or value == "":
        return None
    value = field.to_python(value)
    return value.isoformat() if isinstance(value, date) else value
