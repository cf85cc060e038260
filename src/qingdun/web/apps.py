from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    name = "qingdun.web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Let every room say what it adds: tabs, panels, finders and jobs, each in a file of that name."""
        autodiscover_modules("menu", "panels", "finders", "jobs")
