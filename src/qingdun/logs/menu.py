"""The tabs of 监测与应急 that belong to logs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qingdun.web.menu import Tab, register

register(
    Tab("monitoring", _("日志检索"), "logs:search", "logs.search", 50),
    Tab("monitoring", _("日志来源"), "logs:sources", "logs.view_sources", 60),
    Tab("monitoring", _("未识别"), "logs:unread", "logs.search", 70),
    Tab("monitoring", _("日志格式"), "logs:formats", "logs.view_sources", 80),
)
