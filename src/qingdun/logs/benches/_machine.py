"""The machine a figure was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def words() -> str:
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    parts = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars"))
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return (
        f"{cpu}, {cores} cores, {memory / 2**20:.0f} GB, load {load:.1f}; "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {parts}"
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []
