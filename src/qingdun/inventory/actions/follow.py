"""What follows from a change: where a thing was before, what it had been, its agents and its WAF protection.

All of it is written so that a change of today alters no figure of yesterday. `on` is the day from which the change
holds. Set-based: the same few queries for one pair of rows and for thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Min, Model
from django.utils.translation import gettext as _

from qingdun.audit.rows import create
from qingdun.history.actions import record, record_many
from qingdun.inventory.models import Agent, Former, Host, Protection, SecurityDevice, Site, System

Pair = tuple[Any, Any]  # a row before (None: new) and after

#: Whose it is: the column, and the one with the day since when.
OWNER = {System: ("unit", "unit_since"), Host: ("unit", "unit_since"), SecurityDevice: ("unit", "unit_since")}
OWNER[Site] = ("system", "system_since")
#: Columns with the day since when something is so; emptied, it was so until now.
DATED: dict[type[Model], tuple[str, ...]] = {System: ("ready", "submitted", "passed", "internet_since")}


@dataclass(frozen=True, slots=True)
class Cover:
    """Dated rows of which a thing keeps the first day in force: `make(thing, day, until)` gives a new one."""

    model: type[Agent] | type[Protection]
    thing: str
    column: str
    named_by: tuple[str, ...]  # what the name of such a row reads
    make: Callable[[Any, date, date | None], Any]


def _agent(host: Host, day: date, end: date | None) -> Agent:
    return Agent(host=host, registered=day, retired=end)


def _protection(site: Site, day: date, end: date | None) -> Protection:
    return Protection(site=site, registered=day, retired=end)


AGENTS = Cover(Agent, "host", "agent_since", ("host",), _agent)
WAFS = Cover(Protection, "site", "waf_since", ("site", "device"), _protection)
COVERS: dict[type[Model], Cover] = {Host: AGENTS, Site: WAFS}


def arrange(before: Any, after: Any, on: date, *, correcting: bool = False) -> list[Former]:
    """Before saving: set the days that follow from the change, and give what is to be remembered as former.

    `correcting`: what was entered was never so; nothing of it is remembered. Raises ValidationError.
    """
    if before is None:
        return []
    found = COVERS.get(type(after))
    if found and after.retired and not before.retired:  # nothing runs on what is out of service
        _empty(after, found)
    if correcting:
        return []
    former = [
        _former(after, column, since, on)
        for column in DATED.get(type(after), ())
        if (since := getattr(before, column)) and getattr(after, column) is None and since < on
    ]
    if type(after) in OWNER:
        former += _owner(before, after, on)
    return former


def _owner(before: Any, after: Any, on: date) -> list[Former]:
    column, since_column = OWNER[type(after)]
    held = getattr(before, f"{column}_id")
    if held == getattr(after, f"{column}_id"):
        return []
    first = getattr(before, type(before)._default_manager.all().since_field)
    since = getattr(before, since_column) or first
    if on < since and since != first:
        raise ValidationError({column: _("归属自 %s 起有效，变更日期不能更早") % since})
    if on <= since:  # it was never anybody else's
        return []
    setattr(after, since_column, on)
    return [_former(after, column, since, on, held)]


def _former(row: Any, what: str, since: date, until: date, value: int | None = None) -> Former:
    return Former(kind=row._meta.label_lower, row=row.pk, what=what, value=value, since=since, until=until)


def cover(pairs: Sequence[Pair], on: date, by: Any, reason: str) -> None:
    """After saving: the agents of hosts, the WAF protections of sites. Everything given is of one kind."""
    found = COVERS.get(type(pairs[0][1])) if pairs else None
    if found is None:
        return
    fresh: list[Any] = []
    turned: dict[int, tuple[date | None, date | None, date]] = {}  # thing → first day before, after, last day
    for before, after in pairs:
        was, now = getattr(before, found.column, None), getattr(after, found.column)
        if now and not was:
            fresh.append(found.make(after, now, after.retired))
        elif was and was != now:
            turned[after.pk] = (was, now, after.retired or on)
    create(fresh)
    record_many(by, ((None, row) for row in fresh), reason)
    _turn(found, turned, by, reason)
    _forget([after for _before, after in pairs if after.retired and getattr(after, found.column)], found)


def _turn(found: Cover, turned: dict[int, tuple[date | None, date | None, date]], by: Any, reason: str) -> None:
    """End or date anew the running rows of things whose first day was emptied or corrected by hand."""
    pairs: list[Pair] = []
    for start in range(0, len(turned), 1000):
        keys = list(turned)[start : start + 1000]
        running = found.model._default_manager.filter(**{f"{found.thing}__in": keys}, retired=None)
        for row in running.select_related(*found.named_by):
            was, now, last = turned[getattr(row, f"{found.thing}_id")]
            before = copy(row)
            if now is None:
                row.retired = max(last, row.registered)
            elif row.registered == was or row.registered < now:
                row.registered = now
            pairs.append((before, row))
    found.model._default_manager.bulk_update([row for _b, row in pairs], ["registered", "retired"], batch_size=500)
    record_many(by, pairs, reason)


def _forget(things: list[Any], found: Cover) -> None:
    """What is out of service has nothing running; its past stands in the ended rows."""
    emptied = {found.column: None} | ({"agent_last_seen": None} if found is AGENTS else {})
    for start in range(0, len(things), 1000):
        keys = [thing.pk for thing in things[start : start + 1000]]
        type(things[0])._default_manager.filter(pk__in=keys).update(**emptied)
    for thing in things:
        _empty(thing, found)


def _empty(thing: Any, found: Cover) -> None:
    setattr(thing, found.column, None)
    if found is AGENTS:
        thing.agent_last_seen = None


def recount(row: Agent | Protection, by: Any, reason: str) -> None:
    """After an agent or a protection changed: the first day of those that run, in the thing itself."""
    found = AGENTS if isinstance(row, Agent) else WAFS
    things: Any = Host if isinstance(row, Agent) else Site
    thing = things.objects.select_for_update(of=("self",)).get(pk=getattr(row, f"{found.thing}_id"))
    running = found.model._default_manager.filter(**{found.thing: thing}, retired=None)
    first = running.aggregate(first=Min("registered"))["first"]
    if getattr(thing, found.column) == first:
        return
    before = copy(thing)
    setattr(thing, found.column, first)
    if found is AGENTS and first is None:
        thing.agent_last_seen = None
    thing.save()
    record(by, before, thing, reason)


def drop(asset: Any, by: Any, reason: str) -> None:
    """Before an entry made by mistake is deleted: its dated rows go with it."""
    found = COVERS.get(type(asset))
    if found:
        rows: Iterable[Any] = list(found.model._default_manager.filter(**{found.thing: asset}))
        record_many(by, ((row, None) for row in rows), reason)
        found.model._default_manager.filter(**{found.thing: asset}).delete()
    Former.objects.filter(kind=asset._meta.label_lower, row=asset.pk).delete()
