from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AccessConfig(AppConfig):
    name = "qingdun.access"
    verbose_name = "权限"

    def ready(self) -> None:
        from qingdun.access import guards

        pre_migrate.connect(guards.lift, sender=self)
        post_migrate.connect(guards.stand, sender=self)
