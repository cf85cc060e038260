"""The roles on file, ours and the city's, checked against the permissions that exist."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from qingdun.access.core.roles import SCHEMA, Builder, Role, exclusions_exist
from qingdun.access.permissions import all_permissions
from qingdun.lib.registry import load


@cache
def roles() -> Mapping[str, Role]:
    """All roles by key. Raises `BrokenContent`."""
    return load("qingdun.access.roles", Builder(all_permissions()), schema=SCHEMA, together=exclusions_exist)
