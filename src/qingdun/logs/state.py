"""What the collector and the committer say of themselves, for pages and for `doctor`: small files, replaced whole.

A process that has been silent for ten seconds is not there.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qingdun.lib.home import home

SILENT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Listener:
    """One door of the collector and what came through it since it was opened."""

    kind: str  # udp, tcp, tls, http or file
    port: int  # 0 for files
    received_lines: int = 0
    received_bytes: int = 0
    lost: int = 0  # datagrams the kernel dropped because nobody fetched them in time
    refused: int = 0  # requests and connections turned away: no room, no token, unusable
    connections: int = 0  # open now; for files, those being followed


@dataclass(frozen=True, slots=True)
class Collector:
    at: float  # seconds since 1970
    started: float
    listeners: tuple[Listener, ...]
    full: str  # why nothing is taken in at present; empty when there is room
    disk_free: int
    disk_floor: int


@dataclass(frozen=True, slots=True)
class Worker:
    at: float
    started: float
    readers: int
    lines: int  # committed since it started
    unread: int
    last_commit: float | None
    backlog_bytes: int
    backlog_seconds: float  # how long the oldest uncommitted line has waited
    blind: int = 0  # batches since it started that detection could not look at, or not wholly
    blind_why: str = ""  # the last reason


def publish(state: Collector | Worker) -> None:
    """Replace what this kind of process said last."""
    file = _file(type(state))
    file.parent.mkdir(mode=0o700, exist_ok=True)
    partial = file.with_suffix(".new")
    partial.write_text(json.dumps(asdict(state)), "utf-8")
    partial.replace(file)


def collector() -> Collector | None:
    """What the collector last said; None when it never ran or is gone."""
    said = _read(_file(Collector))
    if said is None:
        return None
    listeners = tuple(Listener(**listener) for listener in said.pop("listeners"))
    return Collector(**said, listeners=listeners)


def worker() -> Worker | None:
    """What the committer last said; None when it never ran or is gone."""
    said = _read(_file(Worker))
    return None if said is None else Worker(**said)


def _file(kind: type[Collector] | type[Worker]) -> Path:
    return home() / "state" / f"{kind.__name__.lower()}.json"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return said if time.time() - said["at"] < SILENT_SECONDS else None
