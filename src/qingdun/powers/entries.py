"""An entry of the audit record as a page words it: names for keys, and what changed field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qingdun.audit.actions import PLATFORM
from qingdun.audit.acts import acts
from qingdun.audit.models import Entry

NAMED = 2  # changes told in a list; the rest are counted
LONGEST = 60  # characters of a value in a list


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, in words; empty where there was nothing."""

    name: str
    before: str
    after: str


def act(key: str) -> str:
    return _(acts().get(key, key))


def who(entry: Entry) -> str:
    return entry.actor if entry.actor_id else _(PLATFORM)


def at(entry: Entry) -> str:
    """To the second, in the bureau's own time: the order of two acts matters here."""
    return localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S")


def kind(entry: Entry) -> str:
    """What kind of thing it was done to; empty when it was no row, the table's name when the table is gone."""
    model = _model(entry.subject_type)
    return str(model._meta.verbose_name) if model else entry.subject_type


def changes(entry: Entry) -> list[Change]:
    """What was recorded as changed. Text that is none of ours (somebody altered it) stands as it is."""
    try:
        given = json.loads(entry.changes).items()
        pairs = [(name, before, after) for name, (before, after) in given]
    except (ValueError, TypeError, AttributeError):
        return [Change(_("无法识别的变更"), "", entry.changes)]
    model = _model(entry.subject_type)
    told = []
    for name, before, after in pairs:
        field = _field(model, name)
        label = str(field.verbose_name) if field else name
        told.append(Change(label, _value(field, before), _value(field, after)))
    return told


def summary(entry: Entry) -> str:
    """The first changes in one line."""
    told = changes(entry)
    parts = [f"{one.name}{_('：')}{_short(one.before)} → {_short(one.after)}" for one in told[:NAMED]]
    more = len(told) - NAMED
    if more > 0:
        parts.append(ngettext("另有 %d 项", "另有 %d 项", more) % more)
    return "；".join(parts)


def _short(text: str) -> str:
    text = text or "—"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@lru_cache(maxsize=256)
def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label) if label else None
    except (LookupError, ValueError):
        return None


@lru_cache(maxsize=2048)
def _field(model: type[Model] | None, name: str) -> Field[Any, Any] | None:
    """The field of that name, or the one whose column it is (`unit_id` for `unit`)."""
    if model is None:
        return None
    return next((one for one in model._meta.concrete_fields if name in (one.name, one.attname)), None)


def _value(field: Field[Any, Any] | None, value: object) -> str:
    """A value as it was recorded, a choice by its title. What another room's row is called today is not looked up."""
    match value:
        case None | "":
            return ""
        case bool():
            return _("是") if value else _("否")
        case list():
            return "、".join(_value(field, one) for one in value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
    if field is not None and field.is_relation:
        return _("编号 %s") % value if isinstance(value, int) else str(value)
    titles = dict(_flat(field.flatchoices)) if field is not None and field.choices else {}
    return str(titles.get(str(value), value))


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, str]]:
    return ((str(key), str(title)) for key, title in choices)
