"""Runs in a reader process, which has no Django: a fault that no `except` catches."""

from __future__ import annotations

import os

from qingdun.logs.pipeline.read import Result, Task, read_batch


def deadly(task: Task) -> Result:
    if not task.suspect and any(b"deadly" in entry.payload for entry in task.batch.load()):
        os._exit(9)
    return read_batch(task)
