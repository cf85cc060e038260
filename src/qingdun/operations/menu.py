"""The tabs of blocking under 监测与应急."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.web.menu import Tab, register

register(
    Tab("monitoring", pgettext_lazy("list", "封禁名单"), "operations:blocks", "operations.view", 20),
    Tab("monitoring", _("封禁策略"), "operations:policies", "operations.view", 22),
    Tab("monitoring", pgettext_lazy("list", "保护名单"), "operations:protected", "operations.view", 24),
    Tab("monitoring", pgettext_lazy("list", "封禁设备"), "operations:enforcers", "operations.view", 26),
    Tab("monitoring", _("急停"), "operations:stop", "operations.view", 28),
)
