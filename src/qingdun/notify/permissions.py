from __future__ import annotations

from django.utils.translation import gettext_noop as _

PERMISSIONS = {"notify.channels": _("查看与试发消息通道")}
