"""A room that watches: counts blocked events, fails on a poisoned one. One half runs in reader processes."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from qingdun.logs.pipeline import looked, read
from qingdun.logs.pipeline.read import Result, Task
from qingdun.logs.pipeline.watch import Material, Sight

ORDER = 1


def look(events: pl.DataFrame, material: Material) -> Sight:
    """Each blocked event is an attack of the class that the material names."""
    if events["event.original"].str.contains("poison").any():
        raise ZeroDivisionError("poison")
    name = material["word"].read_text() if "word" in material else "none"
    blocked = pl.col("qingdun.action") == "blocked"
    events = events.with_columns(pl.when(blocked).then(pl.lit(name)).alias("qingdun.attack"))
    found = events["qingdun.attack"].drop_nulls().to_list()
    return Sight(events, found, urgent=events["event.original"].str.contains("urgent").any())


class Settler:
    """Remembers every batch and how many attacks it held; a batch may be refused by `FAILS`."""

    FAILS: set[str] = set()

    def __init__(self) -> None:
        self.kept: list[tuple[str, int]] = []
        self.fresh: list[tuple[str, int]] = []
        self.written: list[str] = []

    def settle(self, key: str, found: Any, said: dict[str, Any], *, again: bool) -> int:
        if key in self.FAILS:
            raise KeyError(key)
        self.fresh.append((key, len(found or [])))
        if not again:
            self.written.append(key)
        return len(found or [])

    def committed(self) -> None:
        self.kept += self.fresh
        self.fresh = []

    def forget(self) -> None:
        self.fresh = []

    def dump(self) -> bytes:
        return json.dumps(self.kept).encode()

    def load(self, held: bytes | None) -> None:
        self.kept = [(key, count) for key, count in json.loads(held)] if held else []

    @property
    def attacks(self) -> int:
        return sum(count for _key, count in self.kept)


def publish(folder: Path) -> Material:
    file = folder / "word-1"
    if not file.exists():
        file.write_text("scan")
    return {"word": file}


def module() -> ModuleType:
    import tests.logs.pipeline.watching as this

    return this


def read_watched(task: Task) -> Result:
    """Stands for `read_batch` in a reader process, with this room as the only one."""
    looked._rooms = lambda: ([("watching", module())], {})  # type: ignore[assignment,list-item]
    return read.read_batch(task)
