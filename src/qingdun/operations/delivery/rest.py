"""A device whose calls stand in its registry file, one request an entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qingdun.operations.core import rest
from qingdun.operations.core.calls import Response
from qingdun.operations.core.guards import NotBlockable, Target
from qingdun.operations.core.placing import Answer, Plan, State
from qingdun.operations.delivery.http import Line
from qingdun.operations.delivery.mechanism import Device, Unreachable


def open_for(device: Device) -> Rest:
    return Rest(device)


class Rest:
    exclusive, forgets = False, False

    def __init__(self, device: Device) -> None:
        self._line = Line(device.told["url"], device.told.get("authority", ""))
        self._document, self._secrets = device.kind.document, device.secrets

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        again = {one.id for one in plan.again}
        answers = {}
        for one in [*plan.remove, *plan.again]:
            answer = rest.read(self._document, "remove", self._ask("remove", rest.values(one, now)))
            if one.id not in again:
                answers[one.id] = answer
        for one in plan.add:
            answers[one.id] = rest.read(self._document, "add", self._ask("add", rest.values(one, now)))
        return answers

    def standing(self) -> list[str]:
        found = rest.listed(self._document, self._ask("list", {}))
        if found is None:
            raise Unreachable("名单的应答与接口文件不符")
        return [_written(text) for text in found]

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        for address in addresses:
            told = {"address": address, "direction": "inbound", "seconds": 0, "reason": ""}
            if rest.read(self._document, "remove", self._ask("remove", told)).state != State.GONE:
                raise Unreachable(f"{address} 未能移除")

    def _ask(self, call: str, told: Mapping[str, Any]) -> Response:
        return self._line.send(rest.ask(self._document, call, told, self._secrets))


def _written(text: str) -> str:
    try:
        return Target.parse(text).text
    except NotBlockable:
        return text
