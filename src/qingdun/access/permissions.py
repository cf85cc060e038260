"""What can be permitted. Each room names its own acts in its `permissions.py`; a role file may name nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from django.utils.translation import gettext_noop as _

from qingdun.lib.rooms import modules

PERMISSIONS = {
    "access.view": _("查看账号与授权"),
    "access.create": _("登记人员与账号"),
    "access.grant": _("授予与收回角色"),
}

#: Recorded, but open to everybody or done by the platform itself.
ACTS = {
    "access.login": _("登录"),
    "access.login_failed": _("登录失败"),
    "access.locked_out": _("登录锁定"),
    "access.logout": _("退出登录"),
    "access.password": _("修改口令"),
    "access.create_unit": _("登记单位"),
}


@cache
def all_permissions() -> Mapping[str, str]:
    """Every permission key of every room → its Chinese name."""
    found: dict[str, str] = {}
    for module in modules("permissions"):
        found |= module.PERMISSIONS
    return MappingProxyType(found)
