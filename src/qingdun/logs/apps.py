from __future__ import annotations

from django.apps import AppConfig


class LogsConfig(AppConfig):
    name = "qingdun.logs"
    verbose_name = "日志"
