"""What a record looked like: at a moment, as it was known then."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from qingdun.history.core.walk import State, back
from qingdun.history.models import Change
from qingdun.history.tracking import tracked, values


def end_of(day: date) -> datetime:
    """The last moment of a day, in the bureau's own time."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(microseconds=1)


def state_at(row: Model, moment: datetime) -> State | None:
    """The columns of `row` (as it is now) at that moment; None when it was not entered yet. One query."""
    return back(values(row), _since(row._meta.label_lower, moment, row.pk))


def rows_at(model: type[Model], moment: datetime, **present: Any) -> dict[int, State]:
    """Every row of a model at that moment, removed ones included, by key. For proof and tests, not for big tables."""
    ours = model._meta.label_lower
    now: dict[int, State] = {row.pk: values(row) for row in model._default_manager.filter(**present)}
    touched = set(Change.objects.after(moment).filter(kind=ours).values_list("object_id", flat=True))
    for key in touched:
        state = back(now.get(key), _since(ours, moment, key))
        if state is None:
            now.pop(key, None)
        else:
            now[key] = state
    return now


def as_row(model: type[Model], state: State) -> Model:
    """A state as an unsaved object, so that its columns can be shown as they always are."""
    named = {field.attname: field for field in tracked(model)}
    return model(**{name: named[name].to_python(value) for name, value in state.items() if name in named})


def _since(kind: str, moment: datetime, key: int) -> list[tuple[str, Any]]:
    changes = Change.objects.after(moment).filter(kind=kind, object_id=key).order_by("-at", "-pk")
    return list(changes.values_list("act", "fields"))
