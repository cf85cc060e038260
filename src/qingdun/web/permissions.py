from django.utils.translation import gettext_noop as _

PERMISSIONS = {"web.jobs": _("查看后台任务"), "web.run_jobs": _("立即运行后台任务")}

#: Importing is permitted by each register's own permission; this is what the record calls it.
ACTS = {"web.import": _("导入表格")}
