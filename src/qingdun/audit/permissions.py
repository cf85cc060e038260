from django.utils.translation import gettext_noop as _

PERMISSIONS = {
    "audit.view": _("查看审计记录"),
    "audit.view_auditors": _("查看审计管理员的操作记录"),
    "audit.verify": _("核验审计链"),
    "audit.export": _("导出审计记录"),
}

#: Recorded, but done by the platform itself.
ACTS = {
    "audit.broken": _("审计链核验不通过"),
    "audit.change_key": _("更换检查点签名密钥"),
}
