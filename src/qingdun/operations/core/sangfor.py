"""深信服 AF 8.0.106: what is asked and how answers are read. Pure.

Login gives a token that goes back in the cookie and is idle for at most ten minutes; addresses are blocked in batches
of one term; those on the device's white list come back as conflicts; a list page holds at most 200.
Source: xiaqijun/AF_MCP, docs/ip-ban-api.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from qingdun.operations.core.calls import Request, Response
from qingdun.operations.core.placing import Answer, Entry, State

PAGE = 200
NOT_SIGNED_IN = frozenset({1003, 1012})
OPEN_END = "3650d"  # the device knows no open end
_MANUAL = "PLT-MANUAL"


class Unusable(Exception):
    """The answer is not what the interface's document says; the text is shown as it stands."""


def login(namespace: str, user: str, password: str) -> Request:
    return Request("POST", f"/api/v1/namespaces/{namespace}/login", {"name": user, "password": password})


def token(response: Response) -> str:
    """The token of a login's answer. Raises Unusable with the device's words."""
    match response.body:
        case {"code": 0, "data": {"loginResult": {"token": str(given)}}} if given:
            return given
    raise Unusable(f"登录未成功：{said(response)}")


def signed(request: Request, given: str) -> Request:
    return Request(request.method, request.path, request.body, {"Cookie": f"token={given}"})


def is_signed_out(response: Response) -> bool:
    return isinstance(response.body, dict) and response.body.get("code") in NOT_SIGNED_IN


def groups(entries: Iterable[Entry], now: datetime) -> Iterator[tuple[str, str, list[Entry]]]:
    """The entries that go in one request: of one direction (SRC or DST) and one term."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for one in entries:
        for way in _ways(one):
            found.setdefault((way, _term(one, now)), []).append(one)
    for (way, term), them in found.items():
        for start in range(0, len(them), PAGE):
            yield way, term, them[start : start + PAGE]


def block(namespace: str, way: str, term: str, entries: Sequence[Entry]) -> Request:
    path = f"/api/batch/v1/namespaces/{namespace}/blockip?creator=AF&override=PROMPTALL"
    key = "srcIP" if way == "SRC" else "dstIP"
    return Request("POST", path, {"ipType": way, "blockTime": term, key: [one.address for one in entries]})


def blocked(response: Response, entries: Sequence[Entry]) -> dict[int, Answer]:
    """What became of each: in place, or refused because the device's own lists name it."""
    if not _done(response):
        return {one.id: Answer(State.FAILED, said(response)) for one in entries}
    conflicts = {_address(item) for item in _data(response).get("conflictItem") or ()}
    refused = Answer(State.REFUSED, "设备的黑名单或白名单中已有此地址")
    return {one.id: refused if one.address in conflicts else Answer(State.PLACED) for one in entries}


def unblock(namespace: str, entries: Iterable[Entry]) -> Request:
    body = [
        {"attack": _MANUAL, "srcIP" if way == "SRC" else "dstIP": one.address} for one in entries for way in _ways(one)
    ]
    return Request("POST", f"/api/batch/v1/namespaces/{namespace}/blockip?_method=delete&creator=AF", body)


def unblocked(response: Response, entries: Sequence[Entry]) -> dict[int, Answer]:
    answer = Answer(State.GONE) if _done(response) else Answer(State.LEAVING, said(response))
    return {one.id: answer for one in entries}


def page(namespace: str, start: int) -> Request:
    return Request("GET", f"/api/v1/namespaces/{namespace}/blockip?creator=AF&_start={start}&_length={PAGE}")


def listed(response: Response) -> tuple[list[str], int]:
    """The addresses of one page and how many there are in all. Raises Unusable."""
    if not _done(response):
        raise Unusable(f"读取名单未成功：{said(response)}")
    data = _data(response)
    items = data.get("items") or []
    return [_address(item) for item in items if _address(item)], int(data.get("totalItems") or 0)


def said(response: Response) -> str:
    """The device's own words about what went wrong."""
    if isinstance(response.body, Mapping):
        return f"{response.body.get('message') or '未说明'}（代码 {response.body.get('code')}）"
    return f"HTTP {response.status}"


def _done(response: Response) -> bool:
    return response.status == 200 and isinstance(response.body, Mapping) and response.body.get("code") == 0


def _data(response: Response) -> Mapping[str, Any]:
    data = response.body.get("data") if isinstance(response.body, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _address(item: Any) -> str:
    if isinstance(item, Mapping):
        return str(item.get("blockAddr") or item.get("srcIP") or item.get("ip") or "")
    return str(item)


def _ways(entry: Entry) -> list[str]:
    return {"inbound": ["SRC"], "outbound": ["DST"]}.get(entry.extent.direction, ["SRC", "DST"])


def _term(entry: Entry, now: datetime) -> str:
    """Minutes, hours or days, rounded up to whole minutes: the device is told no seconds, and we remove in time."""
    if entry.extent.until is None:
        return OPEN_END
    minutes = max(1, ceil((entry.extent.until - now).total_seconds() / 60))
    if minutes % 1440 == 0:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
