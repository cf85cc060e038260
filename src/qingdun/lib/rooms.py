"""How a lower room finds what upper rooms offer: by the file's name, never by import."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

import qingdun


def having(name: str) -> Iterator[str]:
    """The rooms that have a `<name>.py`, by name; it is not imported."""
    for room in iter_modules(qingdun.__path__):
        if room.ispkg and find_spec(f"qingdun.{room.name}.{name}"):
            yield room.name


def modules(name: str) -> Iterator[ModuleType]:
    """Each room's `<name>.py`, imported, in the order of the rooms' names. A room without one is passed over."""
    for room in having(name):
        yield import_module(f"qingdun.{room}.{name}")
