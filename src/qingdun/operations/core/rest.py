"""通用 REST: a device whose calls stand in a registry file. Pure.

In paths and bodies `{address} {direction} {seconds} {reason}` are filled in, in headers the secrets by their key. A
body's value that is one placeholder and nothing else keeps its kind: `{seconds}` becomes a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from qingdun.operations.core.calls import Request, Response
from qingdun.operations.core.placing import Answer, Entry, State

_PLACE = re.compile(r"\{([a-z_]+)\}")
OPEN_END = 10 * 365 * 86400  # seconds, where a block has no end


def values(entry: Entry, now: datetime) -> dict[str, Any]:
    """What may be filled in for one entry."""
    until = entry.extent.until
    seconds = OPEN_END if until is None else max(1, int((until - now).total_seconds()))
    return {
        "address": entry.address,
        "direction": entry.extent.direction,
        "seconds": seconds,
        "reason": entry.reason[:200],
    }


def ask(document: Mapping[str, Any], call: str, told: Mapping[str, Any], secrets: Mapping[str, str]) -> Request:
    """The request of one call of the file."""
    one = document["calls"][call]
    path = _PLACE.sub(lambda found: quote(str(told.get(found[1], "")), safe=""), one["path"])
    headers = {name: _text(value, secrets) for name, value in document.get("headers", {}).items()}
    return Request(one["method"], path, _fill(one["body"], told) if "body" in one else None, headers)


def read(document: Mapping[str, Any], call: str, response: Response) -> Answer:
    """What an answer to `add` or `remove` means."""
    one = document["calls"][call]
    fine = State.PLACED if call == "add" else State.GONE
    if response.status in one.get("gone", ()):
        return Answer(fine)
    as_told = all(_at(response.body, path) == value for path, value in one.get("success", {}).items())
    if response.status in one.get("expect", [200]) and as_told:
        return Answer(fine)
    return Answer(State.FAILED if call == "add" else State.LEAVING, f"设备未受理（HTTP {response.status}）")


def listed(document: Mapping[str, Any], response: Response) -> list[str] | None:
    """The addresses in an answer to `list`; None when it is no such answer."""
    one = document["calls"]["list"]
    items = _at(response.body, one["items"]) if one.get("items") else response.body
    if response.status not in one.get("expect", [200]) or not isinstance(items, list):
        return None
    return [str(_at(item, one["address"]) if one.get("address") else item) for item in items]


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, Mapping) else None
    return body


def _fill(template: Any, told: Mapping[str, Any]) -> Any:
    match template:
        case dict():
            return {key: _fill(value, told) for key, value in template.items()}
        case list():
            return [_fill(value, told) for value in template]
        case str():
            alone = _PLACE.fullmatch(template)
            return told.get(alone[1], "") if alone else _text(template, told)
    return template


def _text(template: str, told: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda found: str(told.get(found[1], "")), template)
