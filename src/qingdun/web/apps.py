from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    name = "qingdun.web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Let every room say what it adds: tabs, panels, finders, jobs and registers to import into, by file name."""
        autodiscover_modules("menu", "panels", "finders", "jobs", "imports")
