from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """One trigger on one table: its definition after the name, for each database; `function` for PostgreSQL."""

    table: str
    sqlite: tuple[str, ...]
    postgresql: str
    function: str
