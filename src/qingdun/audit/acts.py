"""What the keys of recorded acts are called: each room names its own in its `permissions.py`.

`PERMISSIONS` are acts that must be permitted; `ACTS`, where a room has them, are acts that anybody may do or that
happen by themselves (signing in, being locked out). Nothing is recorded under any other name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from qingdun.lib.rooms import modules


@cache
def acts() -> Mapping[str, str]:
    """Every act's key → its Chinese name."""
    found: dict[str, str] = {}
    for module in modules("permissions"):
        found |= module.PERMISSIONS | getattr(module, "ACTS", {})
    return MappingProxyType(found)
