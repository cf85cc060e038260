"""Where this room's pages stand in the navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.web.menu import Tab, register

register(
    Tab("workbench", pgettext_lazy("list", "待我审核"), "powers:inbox", None, 10),
    Tab("workbench", pgettext_lazy("list", "我的申请"), "powers:asked", None, 20),
    Tab("workbench", pgettext_lazy("list", "我审过的"), "powers:decided", None, 30),
    Tab("system", _("登录规则"), "powers:rules", "access.rules", 55),
)
