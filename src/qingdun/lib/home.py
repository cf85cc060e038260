"""Where an installation keeps its files. One folder, named by `$QINGDUN_HOME`, `var` when unset."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The installation's folder, absolute. It is created on first use, readable by its owner only."""
    folder = Path(os.environ.get("QINGDUN_HOME", "var")).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def content() -> Path:
    """The city's overlay folder: `$QINGDUN_CONTENT`, or `content` inside the installation. It may not exist."""
    named = os.environ.get("QINGDUN_CONTENT")
    return Path(named).resolve() if named else home() / "content"
