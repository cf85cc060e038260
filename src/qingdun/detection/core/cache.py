"""The cache of read rule files: one header line, then JSON. Nothing in it is ever run; whatever is odd is read anew.

The header names the format, what made it (our reader's own source and pySigma's version) and the digest of the rest.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from qingdun.detection.core import expressions, rules

FORMAT = "qingdun sigma cache 1"
LARGEST = 256 << 20  # bytes; a cache beyond this is none of ours
KEPT = 16  # sets of rules


@cache
def maker() -> str:
    """Changes whenever what we would make of the same rule file may have changed."""
    here = Path(__file__).parent
    sources = [Path(expressions.__file__), Path(rules.__file__), here / "sigma.py"]
    text = b"".join(hashlib.sha256(source.read_bytes()).digest() for source in sources)
    return hashlib.sha256(text + version("pysigma").encode()).hexdigest()


def read(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Documents by digest of their file; empty for a cache that is absent, of another maker, broken or not ours."""
    try:
        found = file.stat()
        if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or found.st_size > LARGEST:
            return {}
        header, _, body = file.read_bytes().partition(b"\n")
        wanted = {"format": FORMAT, "maker": maker(), "digest": hashlib.sha256(body).hexdigest()}
        held = orjson.loads(body) if orjson.loads(header) == wanted else {}
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def write(file: Path, held: dict[str, list[dict[str, Any]]]) -> None:
    """Replaces the file in one step; a folder that cannot be written means no cache and nothing worse."""
    body = orjson.dumps(held)
    header = orjson.dumps({"format": FORMAT, "maker": maker(), "digest": hashlib.sha256(body).hexdigest()})
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".writing-")
        try:
            with os.fdopen(descriptor, "wb") as out:
                out.write(header + b"\n" + body)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _forget_oldest(file.parent)


def _forget_oldest(folder: Path) -> None:
    found = sorted(folder.glob("*.cache"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found[KEPT:]:
        file.unlink(missing_ok=True)


def place(paths: list[Path]) -> Path:
    """Where the cache of this set of paths lies: in the installation, or in the user's own cache folder."""
    named = os.environ.get("QINGDUN_HOME")
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(named).resolve() / "cache" if named else Path(user) / "qingdun"
    key = "\n".join(sorted(str(path.resolve()) for path in paths))
    return folder / "sigma" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.cache"
