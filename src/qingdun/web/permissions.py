PERMISSIONS = {"web.jobs": "查看后台任务"}
