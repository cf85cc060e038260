"""What can be permitted. Each room names its own acts in its `permissions.py`; a role file may name nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import MappingProxyType

import qingdun

PERMISSIONS = {
    "access.view": "查看账号与授权",
    "access.create": "登记人员与账号",
    "access.grant": "授予与收回角色",
}


@cache
def all_permissions() -> Mapping[str, str]:
    """Every permission key of every room → its Chinese name."""
    found: dict[str, str] = {}
    for room in (module for module in iter_modules(qingdun.__path__) if module.ispkg):
        if find_spec(f"qingdun.{room.name}.permissions"):
            found |= import_module(f"qingdun.{room.name}.permissions").PERMISSIONS
    return MappingProxyType(found)
