"""The tabs of 监测与应急 that belong to detection."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from qingdun.web.menu import Tab, register

register(
    Tab("monitoring", pgettext_lazy("list", "告警"), "detection:alerts", "detection.view", 10),
    Tab("monitoring", pgettext_lazy("list", "检测规则"), "detection:rules", "detection.view", 30),
    Tab("monitoring", pgettext_lazy("list", "规则试验"), "detection:bench", "detection.view", 32),
    Tab("monitoring", pgettext_lazy("list", "威胁情报"), "detection:indicators", "detection.view", 35),
    Tab("monitoring", pgettext_lazy("list", "告警抑制"), "detection:suppressions", "detection.view", 40),
    Tab("monitoring", pgettext_lazy("list", "攻击"), "detection:attacks", "detection.view", 15),
)
