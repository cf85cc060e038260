from __future__ import annotations

from django.apps import AppConfig


class PowersConfig(AppConfig):
    name = "qingdun.powers"
    verbose_name = "权限与审计"
