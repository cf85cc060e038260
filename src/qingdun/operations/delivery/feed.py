"""外部名单: files that devices fetch. The file is the last good copy: it is served whatever becomes of the records.

`$QINGDUN_HOME/feeds/<digest of the token>-<n>.txt`, replaced whole; `<digest>.seen` is touched at every answered fetch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from qingdun.lib.home import home
from qingdun.operations.core import feed
from qingdun.operations.core.placing import Answer, Plan, State
from qingdun.operations.delivery.mechanism import Device, Unreachable

SETTLES = 1.0  # seconds: a fetch that close after the writing may have read the copy before


def open_for(device: Device) -> Feed:
    return Feed(device)


def folder() -> Path:
    """Where the lists lie."""
    found = home() / "feeds"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def clear(digests: set[str]) -> None:
    """Remove the lists of tokens that are no longer good; `digests` are those that are."""
    for file in folder().iterdir():
        if file.name.split("-")[0].split(".")[0] not in digests:
            file.unlink(missing_ok=True)


def replace(file: Path, text: str) -> None:
    """Write a file whole or not at all; one that says the same already keeps its time."""
    content = text.encode()
    if file.exists() and file.read_bytes() == content:
        return
    partial = file.with_name(f".{file.name}.new")
    with partial.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)


class Feed:
    exclusive, forgets = True, False

    def __init__(self, device: Device) -> None:
        self._device = device
        self._lists = int(device.told["lists"])

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        if not self._device.token_digest:
            raise Unreachable("还没有取用令牌，请先在设备页面生成")
        addresses = [one.address for one in plan.whole]
        per_list = -(-self._device.capacity // self._lists)
        for number, file in enumerate(self._files()):
            some = addresses[number * per_list : (number + 1) * per_list]
            replace(file, feed.text(some, self._device.told["form"]))
        waiting = "已写入名单，等待设备来取"
        return {
            **{one.id: Answer(State.PENDING, waiting) for one in plan.add},
            **{one.id: Answer(State.LEAVING, waiting) for one in plan.remove},
        }

    def standing(self) -> list[str] | None:
        return None  # what the device made of it, it does not say

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        """What was fetched since it was written."""
        try:
            seen = (folder() / f"{self._device.token_digest}.seen").stat().st_mtime
            written = max(file.stat().st_mtime for file in self._files())
        except OSError:
            return {}
        if seen < written + SETTLES:
            return {}
        done = {State.PENDING: Answer(State.PLACED, "设备已取"), State.LEAVING: Answer(State.GONE, "设备已取")}
        return {key: done[State(state)] for key, state in waiting.items()}

    def drop(self, addresses: list[str]) -> None:
        return

    def _files(self) -> list[Path]:
        digest = self._device.token_digest
        return [folder() / f"{digest}-{number}.txt" for number in range(1, self._lists + 1)]
