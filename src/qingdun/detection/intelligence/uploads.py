"""A file between its preview and its acceptance: kept a day, beside the records, under its own digest."""

from __future__ import annotations

import re
import time
from hashlib import sha256
from pathlib import Path

from qingdun.lib.home import home

KEPT_SECONDS = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch


def keep(feed: int, account: int, content: bytes) -> str:
    """The token under which `taken` gives it back to the same account for the same feed."""
    folder = _folder()
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT_SECONDS:
            old.unlink(missing_ok=True)
    digest = sha256(content).hexdigest()
    file = _file(feed, account, digest)
    file.write_bytes(content)
    file.chmod(0o600)
    return digest


def taken(feed: int, account: int, token: str) -> bytes | None:
    """None when it is not there, or no longer."""
    if not _DIGEST(token):
        return None
    try:
        return _file(feed, account, token).read_bytes()
    except OSError:
        return None


def forget(feed: int, account: int, token: str) -> None:
    if _DIGEST(token):
        _file(feed, account, token).unlink(missing_ok=True)


def _file(feed: int, account: int, digest: str) -> Path:
    return _folder() / f"{feed}-{account}-{digest}"


def _folder() -> Path:
    folder = home() / "intelligence" / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
