"""The plain, slow evaluator: one rule, one event, straight from the YAML and the specification.

It shares nothing with the engine (no pySigma, no Hyperscan, no columns, no folding of ours), so that the two can only
agree by both being right or by both misreading the specification.
"""

from __future__ import annotations

import base64
import fnmatch
import ipaddress
import itertools
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

Event = dict[str, Any]
ABSENT = object()


def holds(detection: dict[str, Any], event: Event) -> bool:
    """Does the detection section of a rule hold for the event?"""
    named = {name: body for name, body in detection.items() if name != "condition"}
    conditions = detection["condition"]
    return any(
        _condition(text, named, event) for text in (conditions if isinstance(conditions, list) else [conditions])
    )


# --- conditions: written again as Python ----------------------------------------------------------------------------


def _condition(text: str, named: dict[str, Any], event: Event) -> bool:
    def several(match: re.Match[str]) -> str:
        pattern = "*" if match[2] == "them" else match[2]
        chosen = [name for name in named if fnmatch.fnmatchcase(name, pattern) and not name.startswith("_")]
        joined = " and " if match[1] == "all" else " or "
        return "(" + joined.join(f"@{name}" for name in chosen) + ")"

    words = re.sub(r"\b(1|any|all) of (\S+?)(?=[\s)]|$)", several, text)
    python = re.sub(
        r"@?\b[\w*]+\b",
        lambda m: m[0] if m[0] in ("and", "or", "not") else repr(_selection(named[m[0].lstrip("@")], event)),
        words,
    )
    return bool(eval(python))  # "True and not (False or True)"


def _selection(body: Any, event: Event) -> bool:
    if isinstance(body, dict):
        return all(_item(key, value, event) for key, value in body.items())
    if isinstance(body, list) and any(isinstance(each, dict) for each in body):
        return any(_selection(each, event) for each in body)
    return _item("", body, event)


def _item(key: str, given: Any, event: Event) -> bool:
    name, *modifiers = key.split("|")
    values = given if isinstance(given, list) else [given]
    join = all if "all" in modifiers else any
    found = join(
        _one(name, value, [each for each in modifiers if each not in ("all", "neq")], event) for value in values
    )
    return not found if "neq" in modifiers else found


# --- one value ------------------------------------------------------------------------------------------------------


def _one(name: str, value: Any, modifiers: list[str], event: Event) -> bool:
    field = event.get(name, ABSENT) if name else list(event.values())
    if "exists" in modifiers:
        return (field is not ABSENT) == value
    if value is None:
        return field is ABSENT or field is None or field == []
    texts = list(_texts(field))
    if "fieldref" in modifiers:
        others = list(_texts(event.get(value, ABSENT)))
        return any(_related(one, other, modifiers) for one in texts for other in others)
    return any(_test(text, value, modifiers, anywhere=not name) for text in texts)


def _texts(field: Any) -> Iterator[str]:
    if isinstance(field, list):
        for each in field:
            yield from _texts(each)
    elif isinstance(field, bool):
        yield "true" if field else "false"
    elif field is not None and field is not ABSENT:
        yield str(field)


def _related(one: str, other: str, modifiers: list[str]) -> bool:
    if "contains" in modifiers:
        return other in one
    if "startswith" in modifiers:
        return one.startswith(other)
    return one.endswith(other) if "endswith" in modifiers else one == other


def _test(text: str, value: Any, modifiers: list[str], *, anywhere: bool) -> bool:
    units = {"minute": "minute", "hour": "hour", "day": "day", "month": "month", "year": "year"}
    if unit := next((each for each in modifiers if each in units), None):
        try:
            number: float = getattr(datetime.fromisoformat(text), unit)
        except ValueError:
            return False
        return _compare(number, next((m for m in modifiers if m in ("lt", "lte", "gt", "gte")), "eq"), value)
    if operator := next((each for each in modifiers if each in ("lt", "lte", "gt", "gte")), None):
        return bool(re.fullmatch(r"[-+]?\d+(\.\d+)?", text)) and _compare(float(text), operator, value)
    if "cidr" in modifiers:
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(value)
        except ValueError:
            return False
    if "re" in modifiers:
        flags = sum(getattr(re, each.upper()) for each in modifiers if each in ("i", "m", "s"))
        return re.search(value, text, flags) is not None
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float) and not anywhere:
        return text == str(value) or (re.fullmatch(r"-?\d+\.0", text) is not None and float(text) == value)
    return any(_wild(text, each, modifiers, anywhere) for each in _written(str(value), modifiers))


def _compare(one: float, operator: str, other: float) -> bool:
    return {"lt": one < other, "lte": one <= other, "gt": one > other, "gte": one >= other, "eq": one == other}[
        operator
    ]


def _written(value: str, modifiers: list[str]) -> Iterator[str]:
    """The value in each of the spellings its modifiers make of it, wildcards still escaped."""
    if "windash" in modifiers:
        places = [m.start() for m in re.finditer(r"\B[-/]\b", value)]
        for dashes in itertools.product("-/–—―", repeat=len(places)):
            text = list(value)
            for place, dash in zip(places, dashes, strict=True):
                text[place] = dash
            yield "".join(text)
    elif "base64" in modifiers:
        yield base64.b64encode(value.encode()).decode()
    elif "base64offset" in modifiers:
        for offset in range(3):
            whole = base64.b64encode(b" " * offset + value.encode()).decode()
            end = {0: None, 1: -3, 2: -2}[(offset + len(value.encode())) % 3]
            yield whole[(0, 2, 3)[offset] : end]
    else:
        yield value


def _wild(text: str, pattern: str, modifiers: list[str], anywhere: bool) -> bool:
    before = anywhere or {"contains", "endswith"} & {*modifiers}
    after = anywhere or {"contains", "startswith"} & {*modifiers}
    regex, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            at += 1
            regex += re.escape(pattern[at])
        elif char == "\\":
            regex += r"\\"
        else:
            regex += {"*": ".*", "?": "."}.get(char) or re.escape(char)
        at += 1
    flags = re.S if "cased" in modifiers else re.S | re.I
    return re.fullmatch(f"{'.*' if before else ''}{regex}{'.*' if after else ''}", text, flags) is not None
