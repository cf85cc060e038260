PERMISSIONS = {"reporting.view": "查看统计"}
