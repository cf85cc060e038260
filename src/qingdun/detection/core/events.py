"""Events as rules name their fields: flat, every value text.

Windows events come flat, as `Event.System`/`Event.EventData` in several spellings, or as Winlogbeat writes them. Names
follow the specification (rules specification, "Field Usage"): attributes of the header are joined by an underscore,
`Provider_Name`; names in the body stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

Event = dict[str, Any]
#: What a device said beyond the columns of our lake, and the line as it came.
OURS = ("qingdun.extra", "event.original")
_ENVELOPES = frozenset(("Event", "winlog", *OURS, "Event.System.EventID", "Event.System.Channel"))
_ATTRIBUTES = ("#attributes", "@attributes", "attributes")


def text(value: Any) -> str:
    """A single value as it is compared: as JSON writes it, without quotes."""
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return orjson.dumps(value, default=str).decode()


def texts(value: Any) -> Iterator[str]:
    """The values a field has: a list has several, null has none."""
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif value is not None:
        yield text(value)


def leaves(event: Any) -> Iterator[str]:
    """Every value anywhere in an event."""
    if isinstance(event, dict):
        for each in event.values():
            yield from leaves(each)
    elif isinstance(event, list):
        for each in event:
            yield from leaves(each)
    elif event is not None:
        yield text(event)


def look(event: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """(is the field there, its value): by its whole name, or step by step at the dots."""
    if name in event:
        return True, event[name]
    at = name.find(".")
    while at > 0:
        inner = event.get(name[:at])
        if isinstance(inner, list):
            inner = [each for each in inner if isinstance(each, dict)]
            found = [look(each, name[at + 1 :]) for each in inner]
            if any(there for there, _value in found):
                return True, [value for there, value in found if there]
        elif isinstance(inner, dict):
            there, value = look(inner, name[at + 1 :])
            if there:
                return True, value
        at = name.find(".", at + 1)
    return False, None


def first(event: Mapping[str, Any], names: Iterable[str]) -> tuple[bool, Any]:
    """The first of several fields that has a value; one that is there and null counts when none has."""
    there = False
    for name in names:
        found, value = look(event, name)
        if found and value is not None and value != []:
            return True, value
        there = there or found
    return there, None


def flat(event: Event) -> Event:
    """The event with the fields of Windows' and our own envelopes at the top; the others as they are."""
    if not _ENVELOPES.isdisjoint(event):
        return _opened(event)
    return event


def _opened(event: Event) -> Event:
    if isinstance(body := event.get("Event"), dict):
        return _windows(body) | {name: value for name, value in event.items() if name != "Event"}
    if isinstance(body := event.get("winlog"), dict):
        return _winlogbeat(event, body)
    if "qingdun.extra" in event or "event.original" in event:
        return _as_it_came(event)
    return _dotted(event) if "Event.System.EventID" in event or "Event.System.Channel" in event else event


def _windows(body: Mapping[str, Any]) -> Event:
    found: Event = {}
    system = body.get("System")
    for name, value in system.items() if isinstance(system, dict) else ():
        _element(name, value, found)
    for part in ("EventData", "UserData"):
        _data(body.get(part), found)
    return found


def _element(name: str, value: Any, found: Event) -> None:
    """One element of the header: its text under its name, its attributes under `name_attribute`."""
    if not isinstance(value, dict):
        found[name] = value
        return
    given: Event = next((value[key] for key in _ATTRIBUTES if isinstance(value.get(key), dict)), {})
    for key, inner in {**value, **given}.items():
        if key in ("#text", "_text", "$"):
            found[name] = inner
        elif key not in _ATTRIBUTES:
            found[f"{name}_{key.lstrip('@')}"] = inner


def _data(part: Any, found: Event) -> None:
    """The body: a mapping of names, a list of named `Data`, or, in UserData, one more element around it."""
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name in _ATTRIBUTES or name.startswith(("@", "xmlns")):
            continue
        if name == "Data":
            _named(value, found)
        elif isinstance(value, dict):
            if any(key in value for key in ("#text", "_text", "$")):
                _element(name, value, found)
            else:
                _data(value, found)
        else:
            found[name] = value


def _named(value: Any, found: Event) -> None:
    unnamed: list[Any] = []
    for each in value if isinstance(value, list) else [value]:
        name, inner = _named_one(each)
        if name:
            found[name] = inner
        else:
            unnamed.append(inner)
    if unnamed:
        found["Data"] = unnamed[0] if len(unnamed) == 1 else unnamed


def _named_one(each: Any) -> tuple[str, Any]:
    if not isinstance(each, dict):
        return "", each
    given = next((each[key] for key in _ATTRIBUTES if isinstance(each.get(key), dict)), each)
    name = next((given[key] for key in ("@Name", "Name", "name") if isinstance(given.get(key), str)), "")
    inner = next((each[key] for key in ("#text", "_text", "$", "Value", "value") if key in each), None)
    return (name, inner) if name else ("", inner if inner is not None else each)


def _winlogbeat(event: Event, body: Mapping[str, Any]) -> Event:
    found: Event = {name: value for name, value in event.items() if name != "winlog"}
    names = {"channel": "Channel", "event_id": "EventID", "provider_name": "Provider_Name", "computer_name": "Computer"}
    for name, value in body.items():
        if name in ("event_data", "user_data"):
            _data(value, found)
        else:
            found[names.get(name, f"winlog.{name}")] = value
    return found


def _as_it_came(event: Event) -> Event:
    """An event of our lake, beside the fields by which the device itself named what it said; our columns win."""
    original = event.get("event.original")
    begin = original.find("{") if isinstance(original, str) and original.rstrip().endswith("}") else -1
    inner = _object(original[begin:]) if isinstance(original, str) and begin >= 0 else {}
    extra = _object(event.get("qingdun.extra"))
    return {**flat(inner), **flat(extra), **event} if inner or extra else event


def _object(given: Any) -> Event:
    try:
        found = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError:
        return {}
    return {name: value for name, value in found.items() if name not in OURS} if isinstance(found, dict) else {}


def _dotted(event: Event) -> Event:
    found: Event = {}
    for name, value in event.items():
        steps = name.split(".")
        if steps[0] != "Event" or len(steps) < 3:
            found[name] = value
        elif steps[1] == "System":
            inside = [step for step in steps[2:] if step not in _ATTRIBUTES and step != "#text"]
            found["_".join(inside)] = value
        else:
            found[".".join(step for step in steps[2:] if step != "#text")] = value
    return found
