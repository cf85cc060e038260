"""What every mechanism offers, and how one is opened for a device."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from qingdun.operations.core.kinds import Kind
from qingdun.operations.core.placing import Answer, Plan


class Unreachable(Exception):
    """The device did not answer, or not so that anything is known; the text is shown as it stands."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a mechanism is told of its device: settings with defaults filled in, secrets by their key."""

    id: int
    name: str
    kind: Kind
    told: Mapping[str, str]
    secrets: Mapping[str, str]
    token_digest: str = ""
    capacity: int = 0


class Mechanism(Protocol):
    """One device. Called by one thread; whatever goes wrong with the device as a whole is `Unreachable`."""

    #: The list is ours alone: whatever else stands in it is taken out.
    exclusive: bool
    #: The device drops what is over by itself.
    forgets: bool

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        """Tell the device what changes; what became of each, by the key of its block."""

    def standing(self) -> list[str] | None:
        """The addresses on the device now; None where nobody can read them."""

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        """What became meanwhile of those that were pending or leaving (key → state)."""

    def drop(self, addresses: list[str]) -> None:
        """Take out what stands there and should not."""


def open_for(device: Device) -> Mechanism:
    """The mechanism of a device."""
    module = import_module(f"qingdun.operations.delivery.{device.kind.mechanism}")
    return cast(Mechanism, module.open_for(device))


def secrets_of(kind: Kind, settings: Mapping[str, Any]) -> dict[str, str]:
    """The device's secrets out of the environment. Raises Unreachable naming the variable that is empty."""
    found = {}
    for one in kind.secrets:
        name = str(settings.get(one.key, ""))
        found[one.key] = os.environ.get(name, "")
        if not found[one.key]:
            raise Unreachable(f"环境变量 {name} 没有值（{one.name}），请在下发进程的环境中设置")
    return found
