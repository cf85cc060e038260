from django.utils.translation import gettext_noop as _

PERMISSIONS = {"audit.view": _("查看审计记录"), "audit.verify": _("核验审计链")}
