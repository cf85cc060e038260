from django.utils.translation import gettext_noop as _

PERMISSIONS = {"web.jobs": _("查看后台任务"), "web.run_jobs": _("立即运行后台任务")}
