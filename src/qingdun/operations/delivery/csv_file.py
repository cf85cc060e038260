"""A CSV file for other systems to read, below `exports` in the data folder, replaced whole."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime

from qingdun.lib.home import home
from qingdun.operations.core import lists
from qingdun.operations.core.placing import Answer, Entry, Plan, State
from qingdun.operations.delivery.feed import replace
from qingdun.operations.delivery.mechanism import Device


def open_for(device: Device) -> CsvFile:
    return CsvFile(device)


class CsvFile:
    exclusive, forgets = True, False

    def __init__(self, device: Device) -> None:
        folder = home() / "exports"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = folder / device.told["file"]

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        replace(self._file, lists.write(map(_row, plan.whole)))
        return {
            **{one.id: Answer(State.PLACED) for one in plan.add},
            **{one.id: Answer(State.GONE) for one in plan.remove},
        }

    def standing(self) -> list[str]:
        if not self._file.exists():
            return []
        with self._file.open(encoding="utf-8", newline="") as rows:
            return [row["address"] for row in csv.DictReader(rows)]

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        return  # the next writing is whole


def _row(one: Entry) -> tuple[str, ...]:
    until = one.extent.until.isoformat() if one.extent.until else ""
    return one.address, one.extent.direction, one.decided.isoformat(), until, "", "", one.reason
