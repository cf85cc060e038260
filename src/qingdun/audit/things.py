from __future__ import annotations

from typing import NamedTuple


class Thing(NamedTuple):
    """A row named without being fetched: its model's label, its key and what it is called."""

    kind: str
    key: object
    name: str
