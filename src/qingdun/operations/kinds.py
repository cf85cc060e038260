"""The interfaces of blocking devices: ours and the city's own files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from qingdun.lib.registry import load
from qingdun.operations.core.kinds import SCHEMA, Kind, build


@cache
def kinds() -> Mapping[str, Kind]:
    """File stem → interface. Raises BrokenContent."""
    return load("qingdun.operations.enforcers", build, schema=SCHEMA)
