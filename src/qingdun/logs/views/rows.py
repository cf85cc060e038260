"""Events as rows of the results and as the facts of one event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from qingdun.logs import labels
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.query.values import FIELDS
from qingdun.logs.models import Source
from qingdun.logs.search import Event, Key
from qingdun.logs.views.asked import WRITTEN, Asked

#: What a row of the results is made of.
COLUMNS = (
    *("@timestamp", "qingdun.source", "qingdun.format", "qingdun.action", "event.severity", "observer.ip"),
    *("source.ip", "source.port", "destination.ip", "destination.port", "host.name", "user.name", "url.domain"),
    *("rule.name", "rule.id", "url.original", "http.response.status_code", "message", "event.original"),
    "error.message",
)
HIDDEN = frozenset({"event.original", "qingdun.extra", "qingdun.batch", "qingdun.row"})
LONGEST = 300  # characters of one cell; the event's own page shows all


@dataclass(frozen=True, slots=True)
class Value:
    """A value that can be added to the search."""

    text: str
    href: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    at: datetime
    source: Value | None
    action: SafeString
    severity: SafeString
    sender: Value | None
    receiver: Value | None
    subject: Value | None
    message: str
    unread: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of an event. Without `add` it cannot be searched for."""

    field: str
    label: object
    value: object
    add: str = ""
    exclude: str = ""


def names_of(events: Sequence[Event]) -> dict[int, str]:
    ids = {event["qingdun.source"] for event in events}
    return dict(Source.objects.filter(pk__in=ids).values_list("pk", "name"))


def row(event: Event, asked: Asked, names: dict[int, str]) -> Row:
    source = event["qingdun.source"]
    subject = next(filter(None, (_one(event, name, asked) for name in ("rule.name", "rule.id", "url.original"))), None)
    words = event["message"] or ""
    if not words or (subject and words == subject.text):
        words = event["event.original"] or ""
    return Row(
        key=str(Key.of(event)),
        at=event["@timestamp"],
        source=Value(names.get(source, f"#{source}"), asked.only("qingdun.source", source)) if source else None,
        action=labels.action(event["qingdun.action"]),
        severity=labels.severity(event["event.severity"], least=2),
        sender=_side(event, "source", asked) or _one(event, "host.name", asked),
        receiver=_side(event, "destination", asked) or _one(event, "url.domain", asked),
        subject=subject,
        message=_cut(words),
        unread=event["error.message"] is not None,
    )


def _side(event: Event, side: str, asked: Asked) -> Value | None:
    address, port = event[f"{side}.ip"], event[f"{side}.port"]
    return Value(address, asked.only(f"{side}.ip", address), str(port or "")) if address else None


def _one(event: Event, field: str, asked: Asked) -> Value | None:
    value = event[field]
    return Value(_cut(value), asked.only(field, value)) if value else None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def facts(event: Event, asked: Asked, names: dict[int, str]) -> list[Fact]:
    """Everything that is known of an event, in the order of the columns."""
    found = []
    for field in EVENT:
        value = event[field]
        if value is None or field in HIDDEN:
            continue
        shown = names.get(value, f"#{value}") if field == "qingdun.source" else _to_the_second(value)
        if field in FIELDS:
            shown = labels.words(field, shown)
            found.append(
                Fact(field, labels.FIELDS[field], shown, asked.only(field, value), asked.except_(field, value))
            )
        else:
            found.append(Fact(field, labels.FIELDS[field], shown))
    return found


def _to_the_second(value: object) -> object:
    return localtime(value).strftime(WRITTEN) if isinstance(value, datetime) else value


def extras(event: Event) -> list[tuple[str, str]]:
    """What the device said beyond the columns."""
    try:
        said: Any = json.loads(event["qingdun.extra"] or "{}")
    except ValueError:
        return []
    if not isinstance(said, dict):
        return []
    return [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for key, value in said.items()
    ]
