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
    "access.control": _("启用停用账号与重置口令"),
    "access.personal": _("查看人员的联系方式"),
    "access.endorse": _("部门负责人签署意见"),
    "access.appoint": _("会签三员任免"),
    "access.review": _("复盘应急授权"),
    "access.rules": _("设定登录规则"),
}

#: Recorded, but open to everybody or done by the platform itself.
ACTS = {
    "access.login": _("登录"),
    "access.login_failed": _("登录失败"),
    "access.locked_out": _("登录锁定"),
    "access.logout": _("退出登录"),
    "access.password": _("修改口令"),
    "access.factor_added": _("添加验证方式"),
    "access.factor_removed": _("删除验证方式"),
    "access.factor_reset": _("重置验证方式"),
    "access.factor_failed": _("第二验证失败"),
    "access.factor_locked": _("第二验证锁定"),
    "access.recovery_codes": _("更换恢复码"),
    "access.identity": _("登记外部身份"),
    "access.confirmed": _("再次验证身份"),
    "access.sessions_ended": _("退出其他登录"),
    "access.create_unit": _("登记单位"),
    "access.rename_unit": _("单位更名"),
    "access.move_unit": _("单位划转"),
    "access.token_create": _("新建接口令牌"),
    "access.token_revoke": _("作废接口令牌"),
    "access.change_job": _("岗位调动"),
    "access.leave": _("离任"),
    "access.delegate": _("委托"),
    "access.end_delegation": _("收回委托"),
    "access.end_grant": _("授权终止"),
    "access.emergency": _("应急授权"),
    "access.end_emergency": _("结束应急授权"),
    "access.confirm_grant": _("复核授权"),
    "access.recertify": _("发起授权复核"),
    "access.check_powers": _("核对权限总和"),
    "access.ask": _("提出申请"),
    "access.decide": _("审核申请"),
    "access.withdraw": _("撤回申请"),
    "access.ask_supplement": _("要求一次性补正"),
    "access.supplement": _("补正申请"),
    "access.extend": _("延长审核期限"),
    "access.expire": _("申请逾期失效"),
    "access.reseat": _("改派审核人"),
    "access.give_back": _("人员变动退回申请"),
}


@cache
def all_permissions() -> Mapping[str, str]:
    """Every permission key of every room → its Chinese name."""
    found: dict[str, str] = {}
    for module in modules("permissions"):
        found |= module.PERMISSIONS
    return MappingProxyType(found)
