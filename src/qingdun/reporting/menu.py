from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from qingdun.web import menu

menu.register(
    menu.Tab("monitoring", _("态势"), "reporting:situation", "reporting.view", 5),
    menu.Tab("reports", _("指标"), "reporting:figures", "reporting.view", 10),
)
