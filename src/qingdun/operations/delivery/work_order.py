"""人工封禁工单: a person acts on the device and enters the result (`actions.answer`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from qingdun.operations.core.placing import Answer, Plan, State
from qingdun.operations.delivery.mechanism import Device


def open_for(device: Device) -> WorkOrder:
    return WorkOrder()


class WorkOrder:
    exclusive, forgets = False, False

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        return {
            **{one.id: Answer(State.PENDING, "等待人工在设备上封禁") for one in plan.add},
            **{one.id: Answer(State.LEAVING, "等待人工在设备上解封") for one in plan.remove},
        }

    def standing(self) -> list[str] | None:
        return None

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        return
