"""The tabs of 资产与系统."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qingdun.web.menu import Tab, register

register(
    Tab("assets", _("单位"), "inventory:units", "inventory.view", 10),
    Tab("assets", _("信息系统"), "inventory:systems", "inventory.view", 20),
    Tab("assets", _("主机"), "inventory:hosts", "inventory.view", 30),
    Tab("assets", _("互联网应用"), "inventory:sites", "inventory.view", 40),
    Tab("assets", _("安全设备"), "inventory:devices", "inventory.view", 50),
)
