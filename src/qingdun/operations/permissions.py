from django.utils.translation import gettext_noop as _

PERMISSIONS = {
    "operations.view": _("查看封禁"),
    "operations.block": _("封禁与解封地址"),
    "operations.approve_block": _("审批大范围与长期封禁"),
    "operations.manage": _("管理封禁策略、保护名单与设备"),
    "operations.stop": _("急停封禁"),
}
