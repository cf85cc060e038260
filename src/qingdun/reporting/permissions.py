from django.utils.translation import gettext_noop as _

PERMISSIONS = {"reporting.view": _("查看统计")}
