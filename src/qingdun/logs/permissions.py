from django.utils.translation import gettext_noop as _

PERMISSIONS = {
    "logs.search": _("检索日志"),
    "logs.export": _("导出日志"),
    "logs.view_sources": _("查看日志来源"),
    "logs.manage_sources": _("管理日志来源"),
    "logs.manage_formats": _("管理日志格式"),
}
