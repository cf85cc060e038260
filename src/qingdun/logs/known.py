"""The formats as pages know them: the package's and the site's own, read again when the site's folder changes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from qingdun.lib.home import content
from qingdun.lib.registry import BrokenContent, folder_of
from qingdun.logs.core.formats import PACKAGE, LogFormat, formats


def folder() -> Path:
    """Where the site keeps its own formats; it may not exist."""
    return content() / "logs" / "formats"


def known() -> Mapping[str, LogFormat]:
    """All formats by key. Raises BrokenContent when a file of the site cannot be used."""
    return _read(folder(), _state(folder()))


def of_site(key: str) -> bool:
    return (folder() / f"{key}.yaml").exists()


def of_package(key: str) -> bool:
    return (folder_of(PACKAGE) / f"{key}.yaml").exists()


def name_of(key: str | None) -> str:
    """The name of a format; its key when it is gone, nothing for lines read without one."""
    if not key or key == "generic":
        return ""
    try:
        found = known().get(key)
    except BrokenContent:
        return key
    return found.name if found else key


def _state(place: Path) -> tuple[tuple[str, int], ...]:
    if not place.is_dir():
        return ()
    return tuple(sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(place)))


@lru_cache(maxsize=1)
def _read(_place: Path, _now: tuple[tuple[str, int], ...]) -> Mapping[str, LogFormat]:
    return formats()
