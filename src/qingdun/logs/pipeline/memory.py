"""The file in which settlers' memory outlives a process: replaced whole, and worthless when it is not whole."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qingdun.logs.spool.files import sync_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """What each room kept in mind when everything before `position` was committed."""

    position: int
    rooms: Mapping[str, bytes]


def keep(file: Path, position: int, rooms: Mapping[str, bytes]) -> None:
    """Replace what was kept. It survives a power cut."""
    body = b"".join(rooms.values())
    head = {
        "position": position,
        "rooms": {room: len(held) for room, held in rooms.items()},
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    partial = file.with_suffix(".new")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with partial.open("wb") as stream:
        stream.write(json.dumps(head).encode() + b"\n" + body)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)
    sync_folder(file.parent)


def load(file: Path) -> Held | None:
    """What was kept; None when nothing was, or when it is broken (which is logged)."""
    try:
        first, _, body = file.read_bytes().partition(b"\n")
        head = json.loads(first)
        if hashlib.sha256(body).hexdigest() != head["sha256"]:
            raise ValueError("校验和不符")
        return Held(int(head["position"]), _cut(head["rooms"], body))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.error("关联状态文件 %s 不能用，从头开始：%s", file, error)
        return None


def _cut(lengths: Mapping[str, int], body: bytes) -> dict[str, bytes]:
    rooms, at = {}, 0
    for room, length in lengths.items():
        rooms[room] = body[at : at + length]
        at += length
    return rooms
