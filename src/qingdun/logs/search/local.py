"""The engine of this installation."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from qingdun.lib import environment
from qingdun.lib.home import home
from qingdun.logs.lake import Lake
from qingdun.logs.search.answers import Engine
from qingdun.logs.search.duck import DuckEngine


def engine() -> Engine:
    return _engine(home(), environment.zone())


@lru_cache(maxsize=2)
def _engine(_home: Path, zone: str) -> Engine:
    lake = Lake(zone=zone)
    lake.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return DuckEngine(lake, zone)
