from django.utils.translation import gettext_noop as _

PERMISSIONS = {
    "detection.view": _("查看告警与态势"),
    "detection.handle": _("研判与处置告警"),
    "detection.tune": _("启停规则与抑制告警"),
    "detection.intelligence": _("管理威胁情报"),
}
