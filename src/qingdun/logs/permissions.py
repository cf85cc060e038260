PERMISSIONS = {
    "logs.search": "检索日志",
    "logs.export": "导出日志",
    "logs.view_sources": "查看日志来源",
    "logs.manage_sources": "管理日志来源",
    "logs.manage_formats": "管理日志格式",
}
