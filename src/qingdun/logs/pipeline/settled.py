"""What the rooms make of the batches that are committed: their settlers, in order, and what they keep in mind.

A settler's memory is dumped now and then, with the position it stands for; after a restart the batches since then are
read back from the lake and brought to mind, so that no window of time is cut by it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from django.db import InterfaceError, OperationalError, transaction

from qingdun.lib.rooms import having
from qingdun.logs.pipeline import memory
from qingdun.logs.pipeline.looked import unpacked
from qingdun.logs.pipeline.read import Result
from qingdun.logs.pipeline.watch import Material, Settler, Settling

PUBLISH_SECONDS = 3
DUMP_SECONDS = 30
#: Faults that are the database's, not the room's: the whole commit is tried again later.
PASSING = (OperationalError, InterfaceError)
log = logging.getLogger(__name__)


class Failed(Exception):
    """A room could not settle a batch; the transaction must not stand."""

    def __init__(self, room: str, key: str, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:300])
        self.room, self.key = room, key


class Settlers:
    """One per committer. `folder` holds the readers' material and the memory."""

    def __init__(self, folder: Path, name: str, rooms: Mapping[str, Settling] | None = None) -> None:
        self.file, self._shelf = folder / f"{name}.memory", folder / "material"
        self.rooms = dict(found() if rooms is None else rooms)
        self.settlers: dict[str, Settler] = {room: module.Settler() for room, module in self.rooms.items()}
        self.material: dict[str, Material] = {}
        self.blind, self.why = 0, ""  # batches that a room could not look at or settle, and the last reason
        self._said: set[tuple[str, str]] = set()
        self._skipped: set[tuple[str, str]] = set()  # (room, batch)
        self._published = self._dumped = float("-inf")

    # before reading

    def materials(self, in_use: Callable[[], Iterable[Mapping[str, Material]]]) -> dict[str, Material]:
        """What readers get to look with, by room, as fresh as `PUBLISH_SECONDS`. `in_use`: what tasks still hold."""
        if time.monotonic() - self._published >= PUBLISH_SECONDS:
            for room, module in self.rooms.items():
                self._publish(room, module)
            self._published = time.monotonic()
            self._clear([self.material, *in_use()])
        return dict(self.material)

    def _publish(self, room: str, module: Settling) -> None:
        shelf = self._shelf / room
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self.material[room] = module.publish(shelf)
        except PASSING:
            raise
        except Exception as error:  # readers go on with what they have
            self.tell(room, f"{type(error).__name__}: {error}", "未能准备")

    def _clear(self, held: Iterable[Mapping[str, Material]]) -> None:
        used = {path for materials in held for material in materials.values() for path in material.values()}
        for file in self._shelf.glob("*/*"):
            if file not in used:
                file.unlink(missing_ok=True)

    # within the transaction of the batches

    def settle(self, result: Result, *, again: bool = False) -> None:
        """Let every room write what follows from the batch. Raises `Failed`."""
        said: dict[str, Any] = {}
        for room, settler in self.settlers.items():
            if result.lines and (room, result.key) not in self._skipped:
                self._settle(settler, room, result, said, again=again)

    def _settle(self, settler: Settler, room: str, result: Result, said: dict[str, Any], *, again: bool) -> None:
        try:
            with transaction.atomic():
                found = unpacked(result.found.get(room))
                said[room] = settler.settle(result.key, found, said, again=again)
        except PASSING:
            raise
        except Exception as error:
            raise Failed(room, result.key, error) from error

    def skip(self, failed: Failed) -> None:
        """Leave this batch out of what the room settles from now on: it must not keep others from being counted."""
        self.forget()
        self._skipped.add((failed.room, failed.key))
        self.blind += 1
        self.tell(failed.room, str(failed), "处理不了")

    def committed(self, results: Iterable[Result]) -> None:
        """The transaction of these stands."""
        for settler in self.settlers.values():
            settler.committed()
        for result in results:
            self.blind += bool(result.blind)
            for room, why in result.blind.items():
                self.tell(room, why, "看不了")

    def forget(self) -> None:
        for settler in self.settlers.values():
            settler.forget()

    # over a restart

    def wake(self, position: int) -> int:
        """Load what was dumped; the position from which batches are to be brought to mind."""
        held = memory.load(self.file)
        for room, settler in self.settlers.items():
            settler.load(held.rooms.get(room) if held else None)
        return min(held.position, position) if held else position

    def dump(self, position: int, *, now: bool = False) -> None:
        """Keep in a file what is in mind at `position`: every `DUMP_SECONDS`, or `now`."""
        if not self.settlers or (not now and time.monotonic() - self._dumped < DUMP_SECONDS):
            return
        self._dumped = time.monotonic()
        try:
            memory.keep(self.file, position, {room: settler.dump() for room, settler in self.settlers.items()})
        except OSError as error:  # the older dump stands: more batches to bring to mind, nothing lost
            log.error("关联状态未能保存：%s", error)

    # saying so

    def tell(self, room: str, why: str, what: str) -> None:
        """Keep the reason for the state, and log each once."""
        self.why = f"{room} {what}：{why}"
        if (room, why) not in self._said and len(self._said) < 1000:
            self._said.add((room, why))
            log.error("%s%s：%s", room, what, why)


def found() -> dict[str, Settling]:
    """The rooms that settle, in their order."""
    modules = {room: import_module(f"qingdun.{room}.settling") for room in having("settling")}
    ordered = sorted(modules.items(), key=lambda pair: int(pair[1].ORDER))
    return {room: cast(Settling, module) for room, module in ordered}
