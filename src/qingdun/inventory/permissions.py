from django.utils.translation import gettext_noop as _

PERMISSIONS = {
    "inventory.view": _("查看台账"),
    "inventory.edit": _("登记台账"),
    "inventory.restructure": _("调整单位（更名、划转、合并）"),
    "inventory.reconcile": _("台账对账"),
    "inventory.personal": _("查看联系人的电话与邮箱"),
    "inventory.export": _("导出台账"),
}
