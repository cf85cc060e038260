from __future__ import annotations

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "qingdun.notify"
    verbose_name = "消息"
