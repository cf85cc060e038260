"""Which files a source may name: those below the folders this installation lists, and never the platform's own.

Whoever manages sources reads what they bring in. Without this rule that would be every file the collector can open.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

from qingdun.lib import environment
from qingdun.lib.home import home

WILD = "*?["


def folders() -> tuple[Path, ...]:
    """`$QINGDUN_LOG_FOLDERS`, links followed."""
    named = environment.text("QINGDUN_LOG_FOLDERS", "/var/log").split(",")
    return tuple(Path(one.strip()).resolve() for one in named if one.strip())


def inside(path: Path) -> bool:
    """Does what `path` leads to, links followed, lie below a listed folder and outside the installation?"""
    real = path.resolve()
    return any(real.is_relative_to(folder) for folder in folders()) and not real.is_relative_to(home())


def may_be_named(address: str) -> bool:
    """May a source have this path, folder or pattern? What a pattern finds is looked at again when it is opened."""
    path = Path(address)
    fixed = takewhile(lambda part: not any(sign in part for sign in WILD), path.parts)
    return path.is_absolute() and ".." not in path.parts and inside(Path(*fixed))
