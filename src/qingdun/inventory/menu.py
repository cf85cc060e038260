"""The tabs of 资产与系统."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.web.menu import Tab, register

register(
    Tab("assets", pgettext_lazy("list", "对账差异"), "inventory:differences", "inventory.view", 65),
    Tab("assets", _("覆盖率"), "inventory:coverage", "inventory.view", 70),
    Tab("assets", pgettext_lazy("list", "单位"), "inventory:units", "inventory.view", 10),
    Tab("assets", pgettext_lazy("list", "信息系统"), "inventory:systems", "inventory.view", 20),
    Tab("assets", pgettext_lazy("list", "主机"), "inventory:hosts", "inventory.view", 30),
    Tab("assets", pgettext_lazy("list", "互联网应用"), "inventory:sites", "inventory.view", 40),
    Tab("assets", pgettext_lazy("list", "安全设备"), "inventory:devices", "inventory.view", 50),
    Tab("assets", pgettext_lazy("list", "安全代理"), "inventory:agents", "inventory.view", 52),
    Tab("assets", pgettext_lazy("list", "WAF 防护"), "inventory:protections", "inventory.view", 54),
    Tab("assets", pgettext_lazy("list", "联系人"), "inventory:contacts", "inventory.view", 60),
    Tab("assets", _("导入记录"), "inventory:imports", "inventory.edit", 90),
)
